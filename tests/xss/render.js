// Renders a folder of posts with Hexo as it comes: default renderer, default theme.
//
//   node render.js SITE PAGES
//
// SITE is a Hexo site with the posts in source/_posts, PAGES the folder for what Hexo makes of
// them: the page of each post, NAME.html, and the index pages, index-1.html and on. Prints JSON:
// the names on each index page, the theme's own files, and what stopped Hexo, by name.
const fs = require("fs");
const path = require("path");
const Hexo = require("hexo");

async function main(site, pages) {
  const failures = {};
  const hexo = new Hexo(site, { silent: true });
  await hexo.init();
  // One post that cannot be rendered stops all of them: here it is noted, and the rest go on.
  const render = hexo.post.render.bind(hexo.post);
  hexo.post.render = (source, post) =>
    render(source, post).catch((error) => {
      failures[path.basename(source, ".md")] = String(error);
      post.content = post.excerpt = post.more = "";
      return post;
    });
  await hexo.load();

  const write = async (route, file) => {
    const chunks = [];
    for await (const chunk of hexo.route.get(route)) chunks.push(Buffer.from(chunk));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, Buffer.concat(chunks));
  };
  const posts = hexo.locals.get("posts");
  for (const post of posts.toArray()) {
    const name = path.basename(post.source, ".md");
    await write(post.path, path.join(pages, `${name}.html`)).catch((error) => {
      failures[name] = String(error);
    });
  }
  const indexed = {};
  const size = hexo.config.index_generator.per_page;
  const sorted = posts.sort(hexo.config.index_generator.order_by).toArray();
  for (let first = 0; first < sorted.length; first += size) {
    const number = first / size + 1;
    const route = number === 1 ? "index.html" : `page/${number}/index.html`;
    const names = sorted.slice(first, first + size).map((post) => path.basename(post.source, ".md"));
    await write(route, path.join(pages, `index-${number}.html`)).catch((error) => {
      failures[names.join(" ")] = String(error);
    });
    indexed[`index-${number}`] = names;
  }
  const theme = hexo.route.list().filter((route) => /^(js|css|fancybox)\//.test(route));
  for (const route of theme) await write(route, path.join(pages, route));
  await hexo.exit();
  console.log(JSON.stringify({ indexed, failures }));
}

main(...process.argv.slice(2).map((folder) => path.resolve(folder)));

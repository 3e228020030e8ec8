// Prints every post of a Hexo site as Hexo reads and renders it.
const path = require("path");
const Hexo = require("hexo");

async function main(folder) {
  const hexo = new Hexo(folder, { silent: true });
  await hexo.init();
  await hexo.load();
  const posts = hexo.locals.get("posts").toArray().map((post) => ({
    title: post.title,
    date: post.date.toISOString(),
    categories: post.categories.toArray().map((category) => category.name),
    comments: post.comments,
    headimg: post.headimg,
    slug: post.slug,
    content: post.content,
  }));
  await hexo.exit();
  console.log(JSON.stringify(posts));
}

main(path.resolve(process.argv[2]));

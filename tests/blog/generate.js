// Makes the pages of a Hexo site, as `hexo generate` does, and prints the path of each post's page
// by its docid as JSON.
//
//   node generate.js PACKAGE SITE
//
// PACKAGE is the Hexo that does it, SITE the folder.
const path = require("path");

async function main(name, site) {
  const Hexo = require(name);
  const hexo = new Hexo(path.resolve(site), { silent: true });
  await hexo.init();
  await hexo.call("generate", {});
  const posts = hexo.locals.get("posts").toArray();
  console.log(JSON.stringify({
    version: hexo.version,
    posts: Object.fromEntries(posts.map((post) => [post.docid, post.path])),
  }));
  await hexo.exit();
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

// Answers each line of standard input, a post as JSON, with its front matter as Hexo reads it.
const { createInterface } = require("readline");
const { parse } = require("hexo-front-matter");

createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try {
    answer = { read: parse(JSON.parse(line)) };
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
});

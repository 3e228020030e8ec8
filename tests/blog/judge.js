// Opens the pages of a site in Chromium, and prints what a reader sees in each.
//
//   node judge.js CHROMIUM PUBLIC < paths
//
// PUBLIC is the folder that Hexo made, the input the paths of pages in it, one a line; each line of
// the output is JSON. Pictures of other hosts are answered here: nothing of the network is asked.
const fs = require("fs");
const http = require("http");
const path = require("path");
const readline = require("readline");
const puppeteer = require("puppeteer-core");

const TABS = 4;
const PATIENCE = 120_000; // milliseconds for one page; on a quiet machine it needs some fifty
const TYPES = { ".css": "text/css", ".html": "text/html; charset=utf-8", ".js": "text/javascript" };
// Eight by eight pixels: themes may hide what is smaller.
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mM4kWKEFTEMLQkAVkZXgUFSAJcAAAAASUVORK5CYII=",
  "base64",
);

function serve(folder) {
  const server = http.createServer((request, response) => {
    const target = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const file = path.join(folder, target.endsWith("/") ? `${target}index.html` : target);
    fs.readFile(file, (error, body) => {
      const type = TYPES[path.extname(file)] ?? "application/octet-stream";
      response.writeHead(error ? 404 : 200, { "Content-Type": type });
      response.end(error ? "" : body);
    });
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

// What is to be seen; runs in the page.
function look() {
  const texts = (css) => [...document.querySelectorAll(css)].map((node) => node.innerText.trim());
  const entries = [...document.querySelectorAll(".article-entry")];
  return {
    titles: texts(".article-title"),
    days: texts(".article-date time"),
    categories: texts(".article-category-link"),
    tags: texts(".article-tag-list-link"),
    texts: entries.map((entry) => entry.innerText),
    links: entries.map((entry) => [...entry.querySelectorAll("a")].map((link) => link.href)),
    pictures: entries.flatMap((entry) =>
      [...entry.querySelectorAll("img")].map((image) => ({
        url: image.getAttribute("src"),
        isShown: image.complete && image.naturalWidth > 0 && image.checkVisibility(),
      })),
    ),
    code: document.querySelectorAll("pre, code, figure.highlight").length,
    excerpts: texts(".article-more-link a").length,
  };
}

async function main(chromium, folder) {
  const paths = [];
  for await (const line of readline.createInterface({ input: process.stdin })) paths.push(line);
  const server = await serve(folder);
  const here = `http://127.0.0.1:${server.address().port}`;
  const browser = await puppeteer.launch({
    executablePath: chromium,
    args: [
      "--no-sandbox", // root has no other way
      "--disable-background-networking",
      "--disable-extensions",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  try {
    let next = 0;
    await Promise.all(Array.from({ length: TABS }, async () => {
      const page = await browser.newPage();
      await page.setRequestInterception(true);
      page.on("request", (request) => {
        if (request.url().startsWith(here)) return request.continue();
        if (request.resourceType() !== "image") return request.abort();
        return request.respond({ contentType: "image/png", body: PICTURE });
      });
      while (next < paths.length) {
        const target = paths[next++];
        await page.goto(`${here}/${encodeURI(target)}`, { waitUntil: "load", timeout: PATIENCE });
        console.log(JSON.stringify({ path: target, ...(await page.evaluate(look)) }));
      }
    }));
  } finally {
    await browser.close();
    server.close();
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

// Opens posts and pages in Chromium and prints what acted in them.
//
//   node judge.js CHROMIUM POSTS PAGES SHARE < names
//
// Each line of the input is `raw NAME` for the post POSTS/NAME.md as it is, or `hexo NAME` for the
// page PAGES/NAME.html. Pages in which sift.js finds nothing are not opened, but for one in SHARE.
// Each line of the output is JSON: [the line, whether it was opened, [what was seen]]. What is
// found in `raw plain` and `hexo plain`, a post of nothing but text, is the theme's own.
const fs = require("fs");
const http = require("http");
const path = require("path");
const readline = require("readline");
const puppeteer = require("puppeteer-core");
const { handlerNames, watch } = require("./probe.js");
const { sift } = require("./sift.js");

const TABS = 4;
const PATIENCE = 120_000; // milliseconds for one page; on a quiet machine it needs some fifty
const SETTLED = 20; // milliseconds for what a page does on its own after it is loaded
const BATCH = 50; // pages to sift at once
// A page without a declared charset may be taken for ISO-2022-JP or HZ when it has these; in all
// other encodings that Chromium guesses, quotes and angle brackets are what they are in UTF-8.
const SHIFTS = /\x1b|~\{/;
const RESTED = 300; // milliseconds until a page that was live is over
const THEME = /^\/(?:css|fancybox|js)\//;
// The default theme's fonts.
const THEME_FONTS = /^https:\/\/cdn\.jsdelivr\.net\/npm\/(?:typeface-source-code-pro|fork-awesome)@/;
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8" };

function fileOf(line, posts, pages) {
  const [way, name] = line.split(" ");
  return way === "raw" ? path.join(posts, `${name}.md`) : path.join(pages, `${name}.html`);
}

// Posts come without a charset, as from a disk or a server that knows nothing of .md.
function serve(posts, pages) {
  const server = http.createServer((request, response) => {
    const target = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const isRaw = target.startsWith("/raw/");
    const file = isRaw
      ? fileOf(`raw ${target.slice("/raw/".length)}`, posts, pages)
      : path.join(pages, target);
    const here = `http://127.0.0.1:${server.address().port}`;
    const scripts = isRaw ? "'none'" : `${here}/js/ ${here}/fancybox/`;
    fs.readFile(file, (error, body) => {
      response.writeHead(error ? 404 : 200, {
        "Content-Type": isRaw ? "text/html" : TYPES[path.extname(file)] ?? "text/plain",
        "Content-Security-Policy-Report-Only": `script-src ${scripts} 'report-sample'`,
        "Cache-Control": THEME.test(target) ? "max-age=3600" : "no-store",
      });
      response.end(error ? "" : body);
    });
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

class Tab {
  static async open(browser, here) {
    const tab = new Tab();
    tab.here = here;
    tab.page = await browser.newPage();
    const session = await tab.page.createCDPSession();
    await session.send("Runtime.enable");
    await session.send("Runtime.addBinding", { name: "seen" });
    session.on("Runtime.bindingCalled", (event) => tab.seen.push(event.payload));
    await tab.page.evaluateOnNewDocument(watch, await tab.page.evaluate(handlerNames));
    tab.page.on("dialog", async (dialog) => {
      tab.seen.push(`script: dialog ${dialog.type()}`);
      await dialog.dismiss().catch(() => {});
    });
    tab.page.on("popup", async (popup) => {
      tab.seen.push(`navigation: a window for ${popup?.url()}`);
      await popup?.close().catch(() => {});
    });
    tab.page.on("request", (request) => tab.asked(request));
    await session.send("Page.enable");
    session.on("Page.frameNavigated", ({ frame }) => {
      if (frame.url !== (frame.parentId ? "about:blank" : tab.url)) {
        tab.seen.push(`navigation: to ${frame.url}`);
      }
    });
    return tab;
  }

  seen = [];
  url = "";

  // Notes a request that is none for a picture, for the page itself or for the theme's files.
  asked(request) {
    const [url, type] = [request.url(), request.resourceType()];
    const { origin, pathname } = new URL(url);
    if (type === "image" || url.split("#")[0] === this.url || THEME_FONTS.test(url)) return;
    if (origin === this.here && (THEME.test(pathname) || pathname.startsWith("/favicon"))) return;
    this.seen.push(`request: ${type} ${url}`);
  }

  // Everything that acts in a page: on its own, then when each element is touched.
  async judge(way, name) {
    this.seen = [];
    this.url = `${this.here}/${way === "raw" ? `raw/${name}` : `${name}.html`}`;
    try {
      await this.page.goto(this.url, { waitUntil: "load", timeout: PATIENCE });
      const found = await this.page.evaluate(async (settled) => {
        await new Promise((done) => setTimeout(done, settled));
        const before = probe.inspect();
        await probe.touch();
        const isNew = (fault) => /^(?:handler|URL|animated)/.test(fault) && !before.includes(fault);
        return [...before, ...probe.inspect().filter(isNew)];
      }, SETTLED);
      this.seen.push(...found);
    } catch (error) {
      this.seen.push(`lost: ${String(error).split("\n")[0]}`);
    }
    return [...this.seen];
  }

  // Lets what a live page began come to an end, so that it is not taken for the next page's.
  async rest() {
    this.url = "about:blank";
    await this.page.goto(this.url).catch(() => {});
    await new Promise((done) => setTimeout(done, RESTED));
  }
}

// What is left of a list when each of another is taken out once.
function beyond(plain, list) {
  const own = [...plain];
  return list.filter((entry) => {
    const position = own.indexOf(entry);
    if (position >= 0) own.splice(position, 1);
    return position < 0;
  });
}

// The lines whose pages hold something that is not on sift.js's list, and not in plain ones.
async function suspects(lines, page, read) {
  const plain = {};
  for (const way of ["raw", "hexo"]) {
    [plain[way]] = await page.evaluate(sift, [read(`${way} plain`)]);
  }
  const suspected = new Set();
  for (let first = 0; first < lines.length; first += BATCH) {
    const batch = lines.slice(first, first + BATCH);
    const texts = batch.map(read);
    const found = await page.evaluate(sift, texts);
    batch.forEach((line, number) => {
      const others = beyond(plain[line.split(" ")[0]], found[number]);
      if (others.length > 0 || SHIFTS.test(texts[number])) suspected.add(line);
    });
  }
  return suspected;
}

async function main(chromium, posts, pages, share) {
  const lines = [];
  for await (const line of readline.createInterface({ input: process.stdin })) lines.push(line);
  const server = await serve(posts, pages);
  const here = `http://127.0.0.1:${server.address().port}`;
  const browser = await puppeteer.launch({
    executablePath: chromium,
    args: [
      "--no-sandbox", // root has no other way; what is opened is meant not to run
      "--disable-background-networking",
      "--disable-extensions",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", // asked for, but never reached
    ],
  });
  try {
    const tabs = await Promise.all(Array.from({ length: TABS }, () => Tab.open(browser, here)));
    const plain = {};
    for (const way of ["raw", "hexo"]) plain[way] = await tabs[0].judge(way, "plain");
    const read = (line) => fs.readFileSync(fileOf(line, posts, pages), "utf-8");
    const suspected = await suspects(lines, await browser.newPage(), read);
    const opened = lines.filter((line, number) => {
      const isOpened = suspected.has(line) || number % share === 0;
      if (!isOpened) console.log(JSON.stringify([line, false, []]));
      return isOpened;
    });
    let next = 0;
    await Promise.all(tabs.map(async (tab) => {
      while (next < opened.length) {
        const line = opened[next++];
        const [way, name] = line.split(" ");
        const faults = beyond(plain[way], await tab.judge(way, name));
        console.log(JSON.stringify([line, true, faults]));
        if (faults.length > 0) await tab.rest();
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

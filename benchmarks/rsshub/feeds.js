/* RSSHub: its own route for Sina Finance, asked for one page of the list after the other.

     node feeds.js NAME URL FOLDER ARTICLES

   writes each item of the feeds into a file in FOLDER, until there are so many. The site at URL has
   the layout that MIRROR_URL expects; ../README.md says what is changed in RSSHub's favour. */

import { writeFileSync } from "node:fs";

const [site, folder, articles] = process.argv.slice(3);
const toSite = fetch;

/* The route's part that names a list names a page of ours instead: under one name, RSSHub would
   answer from its memory for five minutes. */
function addressOnSite(address) {
  const { host, pathname, searchParams } = new URL(address);
  const page = searchParams.get("lid");
  const query = page ? `?pageid=155&lid=1686&page=${page}` : "";
  return `${site}/${host}${pathname}${query}`;
}

// Read while the package is imported.
Object.assign(process.env, { LOGGER_LEVEL: "error", NO_LOGFILES: "true" });
const { init, request } = await import("rsshub");
await init();
// RSSHub's own `fetch` lets ten requests a second through, and draws the headers of a browser.
globalThis.fetch = (address, options) => toSite(addressOnSite(address), options);

let items = 0;
for (let page = 1; items < Number(articles); page += 1) {
  const feed = await request(`/sina/finance/china/${page}`);
  if (!feed.item) {
    console.error(`page ${page}: ${JSON.stringify(feed).slice(0, 500)}`);
    process.exit(1); // RSSHub catches what is thrown
  }
  for (const item of feed.item) {
    items += 1;
    writeFileSync(`${folder}/${items}.json`, JSON.stringify(item));
  }
}
process.exit(0);

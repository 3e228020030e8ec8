// Tells pages that need not be opened: those with nothing in them but elements and attributes of a
// short list, with values of known forms. Such a page has no way to act, whatever it says; all
// others are opened. It runs in the browser that opens them, so that both parse alike.
//
// The browser's parser for strings leaves out what the list leaves out as well: it knows neither
// scripts, which change how noscript is read, nor shadow roots made of templates.

function sift(pages) {
  const ELEMENTS = new Set((
    "html head title body h1 h2 h3 h4 h5 h6 p div span a img br hr b i u em strong s del sub sup " +
    "small big font center blockquote pre code ul ol li dl dt dd table thead tbody tfoot tr td " +
    "th caption figure figcaption section header footer nav article main aside time meta"
  ).split(" "));
  const ANY = /^/;
  const WORDS = /^(?!.*(?:fancybox|share))[\w\u4e00-\u9fff\s,.:/-]*$/;
  const VALUES = {
    align: WORDS, border: WORDS, class: WORDS, color: WORDS, colspan: WORDS, datetime: WORDS,
    face: WORDS, height: WORDS, id: WORDS, itemprop: WORDS, itemscope: WORDS, itemtype: WORDS,
    lang: WORDS, referrerpolicy: WORDS, rel: WORDS, rowspan: WORDS, size: WORDS, target: WORDS,
    width: WORDS,
    alt: /^[^<>"'&]*$/,
    href: /^(?:https?:\/\/|\/(?!\/)|#)[^\s<>"'`\\]*$/,
    src: /^https:\/\/[^\s<>"'`\\]*$/,
    title: ANY,
  };
  // The theme's own link for sharing, the only one that its script may find.
  const OF_SHARE_LINK = {
    class: /^article-share-link$/, "data-url": /^http:\/\/example\.com\/[\w./-]*$/,
    "data-id": /^[\w-]*$/, "data-title": /^[^<>"'&]*$/,
  };
  const OF_META = { name: /^(?!referrer)[\w:-]*$/, property: /^[\w:-]*$/, content: ANY };

  function isListed(element) {
    const tag = element.localName;
    if (element.namespaceURI !== "http://www.w3.org/1999/xhtml" || !ELEMENTS.has(tag)) return false;
    const isShareLink = tag === "a" && element.classList.contains("article-share-link");
    const values = tag === "meta" ? OF_META : isShareLink ? OF_SHARE_LINK : VALUES;
    return [...element.attributes].every(
      ({ name, value }) => Object.hasOwn(values, name) && values[name].test(value),
    );
  }

  // The tags that are not on the list.
  return pages.map((page) => {
    const elements = new DOMParser().parseFromString(page, "text/html").querySelectorAll("*");
    const others = [...elements].filter((element) => !isListed(element));
    return others.map((element) => element.cloneNode(false).outerHTML);
  });
}

module.exports = { sift };

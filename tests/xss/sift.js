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
  const any = () => true;
  const like = (pattern) => (value) => pattern.test(value);
  const word = like(/^[\w\u4e00-\u9fff\s,.:/-]*$/);
  // Of what the theme's script looks for, only these have text of theirs made markup; it does so
  // with alt and src of pictures too.
  const ofNoUse = like(/^(?!.*(?:fancybox|article-share))/s);
  function webAddress(value) {
    try {
      const { href, protocol } = new URL(value);
      return /^https?:$/.test(protocol) && !/["<>]/.test(href); // hosts may have quotes
    } catch {
      return false;
    }
  }
  const VALUES = {
    align: word, border: word, class: ofNoUse, color: word, colspan: word, datetime: word,
    face: word, height: word, id: any, itemprop: word, itemscope: word, itemtype: word,
    lang: word, referrerpolicy: word, rel: word, rowspan: word, size: word, target: word,
    width: word,
    alt: like(/^[^<>"'&]*$/),
    "data-original": any,
    "data-src": any,
    href: (value) => /^(?:#|\/(?!\/))/.test(value) || webAddress(value),
    src: webAddress,
    title: any,
  };
  // The theme's own link for sharing, the only one that its script may find.
  const OF_SHARE_LINK = {
    class: like(/^article-share-link$/),
    "data-id": like(/^[\w-]*$/),
    "data-title": any,
    "data-url": like(/^http:\/\/example\.com\/[\w./-]*$/),
  };
  const OF_META = { name: like(/^(?!referrer)[\w:-]*$/), property: like(/^[\w:-]*$/), content: any };

  function isListed(element) {
    const tag = element.localName;
    if (element.namespaceURI !== "http://www.w3.org/1999/xhtml" || !ELEMENTS.has(tag)) return false;
    const isShareLink = tag === "a" && element.classList.contains("article-share-link");
    const values = tag === "meta" ? OF_META : isShareLink ? OF_SHARE_LINK : VALUES;
    return [...element.attributes].every(
      ({ name, value }) => Object.hasOwn(values, name) && values[name](value),
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

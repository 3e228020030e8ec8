// What runs inside each page that the judge opens. Everything is taken from prototypes before the
// page is parsed: markup can shadow properties of the document and of forms by names of its own.
//
// `handlerNames` is asked once; `watch` is put into every document before its own content; `inspect` looks at what the browser
// made of the markup; `touch` does to each element what a reader may do. They say what they saw
// through `seen(text)`, which the judge binds, or return it.

// The names of all handlers that this browser knows. Asking costs much, so it is done once.
function handlerNames() {
  const types = Object.values(Object.getOwnPropertyDescriptors(window));
  const scopes = types.map(({ value }) => value?.prototype);
  const names = [window, ...scopes].flatMap((scope) => Object.getOwnPropertyNames(scope ?? {}));
  return [...new Set(names.filter((name) => name.startsWith("on")))];
}

function watch(handlerNames) {
  const tell = window.seen;
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
    window[name] = () => tell(`script: called ${name}`);
  }
  // The pages' policy only reports, so whatever is against it runs all the same, and is told here:
  // inline scripts, handlers, script URLs, scripts of others.
  addEventListener("securitypolicyviolation", (event) => {
    tell(`script: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
  }, true);
  addEventListener("submit", (event) => {
    event.preventDefault();
    tell("form: submitted");
  }, true);

  const { getAttribute, getAttributeNames } = Element.prototype;
  const getter = (type, name) => Object.getOwnPropertyDescriptor(type.prototype, name).get;
  const localName = getter(Element, "localName");
  const shadowRoot = getter(Element, "shadowRoot");
  const content = getter(HTMLTemplateElement, "content");
  const click = HTMLElement.prototype.click;
  const focus = HTMLElement.prototype.focus;

  const handlers = new Set(handlerNames);

  // Elements that run, load or send something, whatever their attributes are.
  const ACTIVE = new Set([
    "applet", "base", "button", "embed", "fencedframe", "form", "frame", "frameset", "input",
    "isindex", "keygen", "link", "object", "portal", "script", "select", "template",
    "textarea", "webview",
  ]);
  const FRAME_SOURCES = ["src", "srcdoc"];
  const PLAYERS = new Set(["audio", "bgsound", "track", "video"]);
  const REPORTS_TO = new Set(["attributionsrc", "manifest", "ping"]);
  const URLS = new Set([
    "action", "archive", "background", "cite", "classid", "code", "codebase", "data", "dynsrc",
    "formaction", "href", "longdesc", "lowsrc", "poster", "profile", "src", "srcset", "usemap",
    "xlink:href", "by", "from", "to", "values",
  ]);
  const PICTURES = new Set(["background", "dynsrc", "lowsrc", "poster", "src", "srcset"]);
  const PICTURE = /^\s*data:image\//i;
  const RASTER = /^\s*data:image\/(?:avif|bmp|gif|jpe?g|png|webp)[;,]/i; // what it links to runs nothing
  const LINK = /^(?:https?|ftp|mailto|tel):$/; // ftp: renderers make links of bare text
  const SCRIPT_URL = /^(?:javascript|vbscript|livescript|view-source|feed|blob|filesystem):$/;

  function* elements(root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (shadowRoot.call(element)) yield* elements(shadowRoot.call(element));
      if (element instanceof HTMLTemplateElement) yield* elements(content.call(element));
    }
  }

  function protocol(value) {
    try {
      return new URL(value, document.baseURI).protocol;
    } catch {
      return ""; // goes nowhere
    }
  }

  function faultOfUrl(tag, name, value) {
    const scheme = protocol(value);
    if (SCRIPT_URL.test(scheme)) return true;
    if (scheme === "data:") return !(PICTURES.has(name) ? PICTURE : RASTER).test(value);
    const isLink = /href$/.test(name) && /^(?:a|area)$/.test(tag);
    return isLink && scheme !== "" && !LINK.test(scheme);
  }

  function* faults(element) {
    const tag = localName.call(element);
    const names = getAttributeNames.call(element);
    const has = (wanted) => names.some((name) => wanted.includes(name));
    const isPlayer = PLAYERS.has(tag) || (tag === "source" && names.includes("src"));
    if (ACTIVE.has(tag)) yield "element";
    if (tag === "meta" && has(["charset", "http-equiv"])) yield "element";
    if (tag === "iframe" && has(FRAME_SOURCES)) yield "frame";
    if (isPlayer && names.includes("src")) yield "player";
    for (const name of names) {
      const value = getAttribute.call(element, name);
      if (handlers.has(name)) yield `handler ${name}`;
      if (REPORTS_TO.has(name)) yield `request by ${name}`;
      if (URLS.has(name) && faultOfUrl(tag, name, value)) yield `URL in ${name}`;
      if (name === "attributename" || name === "attributeName") {
        if (/href/i.test(value)) yield "animated URL";
      }
    }
  }

  // What could act in the document as it now is, each with the tag that does.
  function inspect() {
    const found = [];
    for (const element of elements(document)) {
      for (const fault of faults(element)) {
        found.push(`${fault}: ${element.cloneNode(false).outerHTML.slice(0, 200)}`);
      }
    }
    return found;
  }

  async function touch() {
    // Links to elsewhere are what pages have; only that they lead there is of no interest.
    addEventListener("click", (event) => {
      const link = event.composedPath().find((node) => node.matches?.("a, area"));
      const scheme = protocol(link ? getAttribute.call(link, "href") ?? "" : "");
      if (link && (scheme === "" || LINK.test(scheme))) event.preventDefault();
    });
    const bubbling = { bubbles: true, cancelable: true, composed: true };
    for (const element of [...elements(document.body ?? document)].slice(0, 400)) {
      const send = (type, name) => element.dispatchEvent(new type(name, bubbling));
      for (const name of ["mouseover", "mouseenter", "mousemove"]) send(MouseEvent, name);
      send(WheelEvent, "wheel");
      send(KeyboardEvent, "keydown");
      if (element instanceof HTMLElement) {
        focus.call(element, { preventScroll: true });
        click.call(element);
      } else {
        send(MouseEvent, "click");
      }
      send(MouseEvent, "dblclick");
      if (element instanceof HTMLDetailsElement) element.open = true;
      if (element instanceof HTMLFormElement) HTMLFormElement.prototype.requestSubmit.call(element);
    }
    await new Promise((done) => setTimeout(done, 20));
  }

  Object.defineProperty(window, "probe", { value: { inspect, touch } });
}

module.exports = { handlerNames, watch };

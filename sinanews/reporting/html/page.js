// Draws each chart of the page from the specification that stands beside it. Expressions are
// interpreted and not evaluated as code, which the page's policy forbids.
for (const place of document.querySelectorAll("[data-chart]")) {
  const specification = document.getElementById(place.dataset.chart).textContent;
  vegaEmbed(place, JSON.parse(specification), { actions: false, ast: true, renderer: "svg" })
    .then(() => place.classList.add("drawn"))
    .catch((error) => console.error(place.dataset.chart, error));
}

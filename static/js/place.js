/** Choosing another place keeps the filters as they are now: htmx has changed the address since the page was made. */

const OF_THE_PLACE = ["place", "lat", "lon", "page", "radius_km"];

function filters() {
  return [...new URLSearchParams(location.search)].filter(([name, value]) => value && !OF_THE_PLACE.includes(name));
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-keeps-filters]");
  if (!form) return;
  form.querySelectorAll("input[data-filter]").forEach((input) => input.remove());
  for (const [name, value] of filters()) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    input.dataset.filter = "";
    form.append(input);
  }
}, true);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-keeps-filters]");
  if (link) link.search = new URLSearchParams(filters()).toString();
});

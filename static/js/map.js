/** The switch between list and map. The map itself (Leaflet, styles, outlines) is fetched when somebody first opens it. */

import { toast } from "./app.js";

const KEPT = "map-open"; // for this tab: pages of the list are separate documents, and nobody wants to open the map on each
const MARGIN = 16;
const PHONE = matchMedia("(max-width: 59.99rem)");
const STAYS = ".bottom-bar, .toasts, script, style, link";

/** On a phone the panel covers the page; what it covers must not be reached by the Tab key or a screen reader either. */
function cover(section, covered) {
  for (let part = section; part !== document.body; part = part.parentElement) {
    for (const sibling of part.parentElement.children) {
      if (sibling !== part && !sibling.matches(STAYS)) sibling.inert = covered;
    }
  }
}

function prepare(section) {
  const switches = document.querySelectorAll(`[data-map-switch="${section.id}"]`);
  const buttons = [...switches].flatMap((each) => [...each.querySelectorAll("button")]);
  const stage = section.querySelector(".map-stage");
  let wanted = false;
  let map = null; // promise of the map, once it was asked for
  let watcher = null;

  async function turn(open) {
    wanted = open;
    buttons.forEach((button) => button.setAttribute("aria-pressed", String((button.value === "map") === open)));
    sessionStorage.setItem(KEPT, open ? "yes" : "");
    if (open) await fetched();
    if (wanted !== open || stage.hidden !== open) return; // another tap came while the map was on its way
    stage.hidden = !open;
    section.classList.toggle("is-open", open);
    if (open) (await map).draw(section);
    cover(section, open && PHONE.matches);
    watch();
  }

  async function fetched() {
    try {
      await (map ??= import("./map/view.js").then(({ load }) => load()));
    } catch {
      map = null;
      toast("stop", document.getElementById("toasts").dataset.networkWords);
      await turn(false);
    }
  }

  /** The back gesture of Android, and Escape, lead from the panel back to the list. */
  function watch() {
    watcher?.destroy();
    watcher = wanted && PHONE.matches && "CloseWatcher" in window ? new CloseWatcher() : null;
    if (watcher) watcher.onclose = leave;
  }

  function leave() {
    turn(false);
    buttons.find((button) => button.value === "map")?.focus();
  }

  async function enter() {
    await turn(true);
    if (!wanted) return;
    if (PHONE.matches) section.querySelector("[data-map-close]").focus();
    else scrollBy(0, section.getBoundingClientRect().top - MARGIN); // the whole map, not its upper half
  }

  switches.forEach((each) => { each.hidden = false; });
  buttons.forEach((button) => button.addEventListener("click", () => (button.value === "map" ? enter() : turn(false))));
  section.querySelector("[data-map-close]").addEventListener("click", leave);
  PHONE.addEventListener("change", () => cover(section, !stage.hidden && PHONE.matches));
  if (sessionStorage.getItem(KEPT)) turn(true);
}

document.querySelectorAll("[data-map]").forEach(prepare);

/** The map beside the list. Its markers are read from the cards, so that list and map cannot disagree. */

import { Outlines } from "./outlines.js";

const beside = (path) => new URL(`../../${path}`, import.meta.url).href;
const CLOSE = { width: 96, height: 42 }; // markers nearer than this, in pixels, would cover each other: they become one
const RADII_KM = [1, 100]; // what the search takes
const PHONE = matchMedia("(max-width: 59.99rem)"); // as in map.css and map.js
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Fetches what a map needs; resolves to what can draw one in a section that is already visible. */
export async function load() {
  await Promise.all([import(beside("vendor/leaflet/leaflet.js")), styles(beside("css/map.css"))]);
  const drawn = new WeakSet();
  const draw = (section) => { if (!drawn.has(section)) drawn.add(section) && new ShiftMap(window.L, section); };
  return { draw };
}

function styles(href) {
  return new Promise((done, failed) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href, onload: done, onerror: failed });
    document.head.append(link);
  });
}

function element(tag, className, words) {
  const made = document.createElement(tag);
  made.className = className;
  if (words !== undefined) made.textContent = words;
  return made;
}

const position = ({ dataset }) => [Number(dataset.lat), Number(dataset.lon)];
const yuan = (card) => Number(card.dataset.pay.replace(/[^\d.]/g, ""));

/** "¥28", or "¥25–32" for several. */
function price(cards) {
  const sorted = [...cards].sort((a, b) => yuan(a) - yuan(b));
  const [low, high] = [sorted[0].dataset.pay, sorted.at(-1).dataset.pay];
  return low === high ? low : `${low}–${high.replace("¥", "")}`;
}

class ShiftMap {
  constructor(L, section) {
    Object.assign(this, { L, section, list: section.parentElement, words: section.dataset, groups: [], opened: null });
    this.part = (name) => section.querySelector(`[data-map-${name}]`);
    this.map = this.newMap();
    this.circle = L.circle([0, 0], { radius: 0, className: "map-radius", interactive: false }).addTo(this.map);
    this.centre = this.spot("map-centre").addTo(this.map);
    this.own = this.spot("map-own"); // no words: the blue dot is known from every map
    this.ground();
    this.renew({ fit: true });
    this.listen();
    this.findOwn();
  }

  newMap() {
    const moving = !still.matches;
    const map = this.L.map(this.part("canvas"), {
      zoomControl: false, attributionControl: false, minZoom: 4, maxZoom: 17, zoomSnap: 0.5, wheelPxPerZoomLevel: 100,
      zoomAnimation: moving, fadeAnimation: moving, markerZoomAnimation: moving, inertia: moving,
    });
    // Leaflet has no setting for this one: the arrow keys glide unless told not to.
    if (!moving) map.panBy = (offset, options) => this.L.Map.prototype.panBy.call(map, offset, { ...options, animate: false });
    map.setView(position(this.section), 12);
    this.L.control.scale({ imperial: false }).addTo(map);
    return map;
  }

  /** An approved map where there is one; else outlines. Never both: two sets of borders would quarrel. */
  ground() {
    if (this.words.tiles) this.L.tileLayer(this.words.tiles, { subdomains: "01234567", maxZoom: 18 }).addTo(this.map);
    else this.outlines = new Outlines(this.L, this.map, this.words.region);
  }

  spot(className) {
    const html = element("span", "map-spot-name");
    const icon = this.L.divIcon({ className: `map-spot ${className}`, html, iconSize: null });
    return this.L.marker([0, 0], { icon, interactive: false, keyboard: false, zIndexOffset: -1000 });
  }

  listen() {
    const { map } = this;
    map.on("zoomend", () => this.mark());
    map.on("moveend", () => this.offerSearch());
    map.on("click", () => this.closeCard());
    const on = (name, act) => this.part(name).addEventListener("click", act);
    on("in", () => map.zoomIn(1));
    on("out", () => map.zoomOut(1));
    on("locate", () => this.locate());
    on("search", () => this.searchHere());
    on("card-close", () => this.closeCard(true));
    this.section.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.opened) return;
      event.preventDefault();
      this.closeCard(true);
    });
    for (const [type, lit] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]]) {
      this.list.addEventListener(type, ({ target }) => {
        const card = target.closest(".offer[data-id]");
        if (card && !this.section.contains(card)) this.light(lit ? [card] : []);
      });
    }
    document.addEventListener("htmx:after:swap", ({ target }) => { if (!this.section.contains(target)) this.renew({}); });
    new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(this.part("canvas"));
  }

  /** What was searched, as the list says it; a list that says nothing was searched as the section says. */
  get searched() {
    const { dataset } = this.list.querySelector("[data-searched]") ?? this.section;
    return { at: this.L.latLng(Number(dataset.lat), Number(dataset.lon)), radius: Number(dataset.radius) || 0, label: dataset.label ?? "" };
  }

  get cards() {
    return [...this.list.querySelectorAll(".offer[data-id][data-lat]")].filter((card) => !this.section.contains(card));
  }

  /** The list is another one: new markers, new circle; the view stays unless it no longer shows the place that was searched. */
  renew({ fit = false }) {
    const { at, radius, label } = this.searched;
    this.circle.setLatLng(at).setRadius(radius);
    this.centre.setLatLng(at);
    this.centre.options.icon.options.html.textContent = label || this.words.wordHere;
    this.centre.getElement()?.classList.toggle("map-own", !label);
    if (this.outlines) this.outlines.written = label;
    if (fit || !this.map.getBounds().contains(at)) this.fit(at, radius);
    this.mark();
    this.offerSearch();
  }

  fit(at, radius) {
    const bounds = this.L.latLngBounds([at, ...this.cards.map(position)]);
    if (bounds.getNorthEast().equals(bounds.getSouthWest())) bounds.extend(at.toBounds(radius || 4000));
    this.map.fitBounds(bounds, { padding: [48, 56], maxZoom: 14, animate: false });
  }

  /** Markers of the cards; those that are still right are kept, so that focus and hover survive. */
  mark() {
    const kept = new Map(this.groups.map((group) => [group.key, group]));
    const focused = this.groups.find((group) => group.button === document.activeElement);
    this.groups = this.grouped().map((cards) => {
      const key = cards.map((card) => card.dataset.id).join();
      const old = kept.get(key);
      kept.delete(key);
      return old ? Object.assign(old, { cards }) : this.marker(key, cards);
    });
    kept.forEach((group) => group.marker.remove());
    const opened = this.opened && this.groups.find((group) => group.key === this.opened);
    if (this.opened && !opened) this.closeCard();
    if (focused && kept.has(focused.key)) this.withAny(focused.cards)?.button.focus();
    this.part("empty").hidden = this.groups.length > 0;
  }

  withAny(cards) {
    const ids = new Set(cards.map((card) => card.dataset.id));
    return this.groups.find((group) => group.cards.some((card) => ids.has(card.dataset.id)));
  }

  grouped() {
    const found = [];
    for (const card of this.cards) {
      const at = this.map.project(position(card));
      const near = found.find(({ at: other }) => Math.abs(other.x - at.x) < CLOSE.width && Math.abs(other.y - at.y) < CLOSE.height);
      if (near) near.cards.push(card);
      else found.push({ at, cards: [card] });
    }
    return found.map(({ cards }) => cards);
  }

  marker(key, cards) {
    const spread = new Set(cards.map((card) => position(card).join())).size > 1;
    const button = element("button", "", price(cards));
    button.type = "button";
    if (cards.length > 1) button.append(element("span", "map-count", cards.length));
    button.setAttribute("aria-label", this.spoken(cards, spread));
    const group = { key, cards, spread, button, marker: this.L.marker(position(cards[0]), { icon: this.icon(button), keyboard: false }) };
    group.marker.on("click", () => this.press(group)).addTo(this.map);
    if (!spread) Object.entries({ "aria-expanded": "false", "aria-controls": this.part("card").id }).forEach((pair) => button.setAttribute(...pair));
    for (const type of ["mouseenter", "focus"]) button.addEventListener(type, () => this.light(group.cards));
    for (const type of ["mouseleave", "blur"]) button.addEventListener(type, () => this.light([]));
    return group;
  }

  /** Leaflet makes its markers of images or div elements; ours are real buttons, so that keyboard and screen reader know them. */
  icon(button) {
    const icon = new this.L.DivIcon({ className: "map-price", iconSize: null });
    icon.createIcon = () => { icon._setIconStyles(button, "icon"); return button; };
    return icon;
  }

  spoken(cards, spread) {
    if (cards.length === 1) return `${cards[0].dataset.pay} ${cards[0].dataset.title}`;
    return (spread ? this.words.wordZoom : this.words.wordShifts).replace("{n}", cards.length).replace("{pay}", price(cards));
  }

  press(group) {
    if (group.spread && this.map.getZoom() < this.map.getMaxZoom()) {
      this.map.fitBounds(this.L.latLngBounds(group.cards.map(position)), { padding: [80, 80], animate: !still.matches });
    } else {
      this.openCard(group);
    }
  }

  /** The same cards as in the list, without what they say about other things than work, pay, time and place. */
  openCard({ key, cards, button }) {
    this.closeCard();
    this.opened = key;
    button.setAttribute("aria-expanded", "true");
    this.part("card-title").textContent = cards.length > 1 ? this.words.wordShifts.replace("{n}", cards.length).replace("{pay}", price(cards)) : "";
    this.part("card-list").replaceChildren(...cards.map((card) => {
      const copy = element("article", "offer");
      copy.append(...[...card.querySelectorAll(".offer-head, .facts")].map((part) => part.cloneNode(true)));
      copy.querySelectorAll("[id]").forEach((each) => each.removeAttribute("id"));
      return copy;
    }));
    this.part("card").hidden = false;
    this.part("card-list").scrollTop = 0;
    this.part("card").focus({ preventScroll: true });
    this.light(cards);
    if (!PHONE.matches) this.bringIntoView(cards[0]);
    const free = { paddingTopLeft: [70, 110], paddingBottomRight: [70, this.part("card").offsetHeight + 60] };
    this.map.panInside(position(cards[0]), { ...free, animate: !still.matches });
  }

  /** First the card in the list; then the page moves on if the lower part of the map is still below the window. */
  bringIntoView(card) {
    card.scrollIntoView({ block: "nearest" });
    const below = this.section.getBoundingClientRect().bottom - innerHeight;
    if (below > 0) scrollBy(0, below + 16);
  }

  closeCard(back = false) {
    const group = this.groups.find(({ key }) => key === this.opened);
    group?.button.setAttribute("aria-expanded", "false");
    if (back) group?.button.focus();
    this.opened = null;
    this.part("card").hidden = true;
    if (!back) this.light([]);
  }

  light(cards) {
    const ids = new Set(cards.map((card) => card.dataset.id));
    this.cards.forEach((card) => card.classList.toggle("is-lit", ids.has(card.dataset.id)));
    for (const group of this.groups) {
      const lit = group.key === this.opened || group.cards.some((card) => ids.has(card.dataset.id));
      group.button.classList.toggle("is-lit", lit);
      group.marker.setZIndexOffset(lit ? 10_000 : 0);
    }
  }

  get form() {
    return document.querySelector("form[data-autosubmit]");
  }

  /** Kilometres from the middle to the nearer edge of the view, as the nearest of the distances the form offers. */
  reach() {
    const { x, y } = this.map.getSize();
    const edge = this.map.containerPointToLatLng(x < y ? [0, y / 2] : [x / 2, 0]);
    const seen = Math.min(RADII_KM[1], Math.max(RADII_KM[0], this.map.getCenter().distanceTo(edge) / 1000));
    const offered = [...(this.form?.elements.radius_km?.options ?? [])].map(({ value }) => Number(value)).filter(Boolean);
    return offered.sort((a, b) => Math.abs(Math.log(a / seen)) - Math.abs(Math.log(b / seen)))[0] ?? Math.ceil(seen);
  }

  /** Search here makes sense when the view shows much that was not searched. */
  offerSearch() {
    const { at, radius } = this.searched;
    const { x, y } = this.map.getSize();
    const away = this.map.latLngToContainerPoint(at).distanceTo([x / 2, y / 2]);
    const wider = radius > 0 && this.reach() * 1000 > radius * 1.5;
    this.part("search").hidden = !this.form || !(wider || away > Math.min(x, y) / 3);
  }

  searchHere() {
    const { form, section } = this;
    const { lat, lng } = this.map.getCenter().wrap();
    const radius = this.reach();
    const put = (name, value) => {
      const field = form.elements[name] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
      field.value = value;
    };
    put("lat", lat.toFixed(5));
    put("lon", lng.toFixed(5));
    put("radius_km", radius);
    form.elements.place?.remove(); // a named place and a point on the map would contradict each other
    Object.assign(section.dataset, { lat: lat.toFixed(5), lon: lng.toFixed(5), radius: radius * 1000, label: this.words.wordSearched });
    this.closeCard();
    this.part("search").hidden = true;
    form.requestSubmit();
  }

  /** The reader's position, without a question where the phone was already allowed to tell it. */
  async findOwn() {
    const permission = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    if (permission?.state === "granted") navigator.geolocation.getCurrentPosition((found) => this.showOwn(found), () => {}, { maximumAge: 60_000 });
  }

  locate() {
    const button = this.part("locate");
    button.setAttribute("aria-busy", "true");
    const say = (words) => {
      button.removeAttribute("aria-busy");
      this.part("note").textContent = words;
      this.part("note").hidden = !words;
    };
    navigator.geolocation.getCurrentPosition(
      (found) => { say(""); this.map.setView(this.showOwn(found), Math.max(13, this.map.getZoom()), { animate: !still.matches }); },
      (failure) => say(failure.code === failure.PERMISSION_DENIED ? this.words.wordRefused : this.words.wordFailed),
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
    );
  }

  showOwn({ coords }) {
    const at = [coords.latitude, coords.longitude];
    this.own.setLatLng(at).addTo(this.map);
    return at;
  }
}

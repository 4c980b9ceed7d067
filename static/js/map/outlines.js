/** Borders and names of provinces and counties from files of our own (static/maps): a map that needs no tile server. */

const FOLDER = new URL("../../maps/", import.meta.url);
const COUNTRY_BELOW = 7.5; // farther out only provinces are drawn
const LETTER = 14; // pixels, generous: names must not touch
const LINE = 22;
const FREE = { top: 66, right: 66, bottom: 40, left: 10 }; // where buttons, scale and credit are not

const files = new Map();

function fetched(name) {
  if (!files.has(name)) {
    const asked = fetch(new URL(`${name}.json`, FOLDER)).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))));
    asked.catch(() => files.delete(name)); // without net now is not without net for ever
    files.set(name, asked);
  }
  return files.get(name);
}

/** The lines of a TopoJSON file as [lat, lon] points: each point is stored as its distance from the one before. */
function lines({ arcs, transform: { scale, translate } }) {
  return arcs.map((arc) => {
    let x = 0, y = 0;
    return arc.map(([east, north]) => [(y += north) * scale[1] + translate[1], (x += east) * scale[0] + translate[0]]);
  });
}

/** The rings of one place: a line read backwards has the number ~n. */
function rings(place, arcs) {
  const ring = (numbers) => numbers.flatMap((n) => (n < 0 ? arcs[~n].slice().reverse() : arcs[n]));
  const polygons = place.type === "Polygon" ? [place.arcs] : place.arcs;
  return polygons.map((polygon) => polygon.map(ring));
}

/** Whether a point lies in a place: a line from it to the west crosses the border an odd number of times. */
function holds(polygons, [lat, lon]) {
  const crossed = (ring) => ring.filter(([y, x], i) => {
    const [v, u] = ring.at(i - 1);
    return y > lat !== v > lat && lon > ((u - x) * (lat - y)) / (v - y) + x;
  }).length;
  return polygons.flat().reduce((sum, ring) => sum + crossed(ring), 0) % 2 === 1;
}

export class Outlines {
  /** `own` is the code of the county the reader looks from; it is drawn a little lighter. `written` stands on the map already. */
  constructor(L, map, own) {
    Object.assign(this, { L, map, own, written: "", drawn: new Map(), names: L.layerGroup().addTo(map) });
    for (const [pane, z] of [["land", 210], ["names", 450]]) map.createPane(pane).style.zIndex = z;
    map.getPane("names").setAttribute("aria-hidden", "true"); // dozens of names read out one after another help nobody
    map.on("moveend", () => this.draw());
    this.draw();
  }

  async draw() {
    const wanted = await this.wanted().catch(() => []);
    const found = await Promise.all(wanted.map((name) => fetched(name).then((file) => [name, file]).catch(() => null)));
    if (String(wanted) !== String(await this.wanted().catch(() => []))) return; // the map moved on; its own drawing comes
    for (const [name, { layer }] of this.drawn) if (!wanted.includes(name)) { layer.remove(); this.drawn.delete(name); }
    for (const [name, file] of found.filter(Boolean)) if (!this.drawn.has(name)) this.drawn.set(name, this.drawing(file));
    this.write([...this.drawn.values()].flatMap(({ places }) => places));
  }

  /** Names of the files that show what is in view. */
  async wanted() {
    if (this.map.getZoom() < COUNTRY_BELOW) return ["china"];
    const view = this.map.getBounds();
    return Object.entries(await fetched("index"))
      .filter(([, [west, south, east, north]]) => view.intersects([[south, west], [north, east]]))
      .map(([name]) => name);
  }

  drawing(file) {
    const arcs = lines(file);
    const shape = (kind, points, className) => this.L[kind](points, { pane: "land", interactive: false, className });
    const places = file.objects.places.geometries.map((place) => {
      const { name, at: [lon, lat] } = place.properties;
      return { code: place.id, name, middle: [lat, lon], polygons: rings(place, arcs) };
    });
    const own = places.find(({ code }) => code === this.own);
    const layer = this.L.layerGroup([
      shape("polygon", places.flatMap(({ polygons }) => polygons), "map-land"),
      ...(own ? [shape("polygon", own.polygons, "map-land map-own-county")] : []),
      shape("polyline", arcs, "map-border"),
    ]).addTo(this.map);
    return { layer, places };
  }

  /** As many names as fit without touching; the widest places come first in the files. */
  write(places) {
    this.names.clearLayers();
    const taken = [];
    for (const place of places) {
      const { name } = place;
      const half = (name.length * LETTER) / 2;
      const spot = name === this.written ? null : this.inSight(place, half);
      if (!spot) continue;
      const { x, y } = spot;
      if (taken.some((other) => Math.abs(other.x - x) < other.half + half && Math.abs(other.y - y) < LINE)) continue;
      taken.push({ x, y, half });
      this.names.addLayer(this.name(name, this.map.containerPointToLatLng(spot)));
    }
  }

  /** Where a name stands: in the middle of its place, or at the edge of the view nearest to it if the place is there. */
  inSight({ middle, polygons }, half) {
    const { x, y } = this.map.latLngToContainerPoint(middle);
    const size = this.map.getSize();
    const within = (value, least, most) => Math.min(most, Math.max(least, value));
    const spot = this.L.point(
      within(x, FREE.left + half, size.x - FREE.right - half),
      within(y, FREE.top, size.y - FREE.bottom),
    );
    const away = spot.distanceTo([x, y]);
    if (away < 1) return spot;
    const { lat, lng } = this.map.containerPointToLatLng(spot);
    return away < Math.max(size.x, size.y) && holds(polygons, [lat, lng]) ? spot : null;
  }

  name(words, at) {
    const html = document.createElement("span");
    html.textContent = words;
    html.lang = "zh-Hans";
    const icon = this.L.divIcon({ className: "map-name", html, iconSize: null });
    return this.L.marker(at, { icon, pane: "names", interactive: false, keyboard: false });
  }
}

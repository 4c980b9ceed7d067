/** Forms: filters that submit themselves, buttons that show they are busy, no second submit, the phone's position. */

const busyForms = new WeakSet();
const SENT_BY_HTMX = "[hx-get], [hx-post], [hx-put], [hx-patch], [hx-delete]";
const PATIENCE = 10_000;

/** A second tap must not send again; the server's idempotency token is the second judge. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (busyForms.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (form.getAttribute("method")?.toLowerCase() === "post" && !form.matches(SENT_BY_HTMX)) {
    hold(form, event.submitter);
    setTimeout(() => release(form), PATIENCE); // a download or a stopped page load never says that it is over
  }
}, true);

/* htmx may still ask or refuse after "submit", so its forms are busy only while a request is on its way. */
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (sourceElement.matches("form") && request.method !== "GET") hold(sourceElement, request.submitter);
});
document.addEventListener("htmx:finally:request", (event) => {
  if (event.detail.ctx.sourceElement.matches("form")) release(event.detail.ctx.sourceElement);
});

/* Coming back by the back button finds the page as it was left: busy. */
window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach(release));

/** aria-busy and not disabled: a disabled button would keep its own name and value out of the form. */
function hold(form, button) {
  busyForms.add(form);
  (button ?? form.querySelector("button:not([type=button])"))?.setAttribute("aria-busy", "true");
}

function release(form) {
  busyForms.delete(form);
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && "autosubmit" in form.dataset) form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-locate]");
  if (button) locate(button);
});

function locate(button) {
  const form = button.form;
  button.setAttribute("aria-busy", "true");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      button.removeAttribute("aria-busy");
      form.elements.lat.value = coords.latitude.toFixed(6);
      form.elements.lon.value = coords.longitude.toFixed(6);
      form.requestSubmit();
    },
    (failure) => {
      button.removeAttribute("aria-busy");
      explain(button, failure.code === failure.PERMISSION_DENIED ? button.dataset.refused : button.dataset.failed);
    },
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
  );
}

function explain(button, words) {
  let note = button.nextElementSibling;
  if (!note?.matches("[data-locate-note]")) {
    note = document.createElement("p");
    note.className = "hint";
    note.dataset.locateNote = "";
    note.setAttribute("role", "status");
    button.after(note);
  }
  note.textContent = words;
}

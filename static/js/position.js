/** A button that sends the phone's position with its form. Without a position the form goes as it is: the server decides what that means. */

const PATIENCE = 6000;

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-position]");
  const form = button?.form;
  if (!form || !navigator.geolocation || form.elements.lat.value || !form.reportValidity()) return;
  event.preventDefault();
  if (button.getAttribute("aria-busy")) return; // the second tap while the phone is still looking
  button.setAttribute("aria-busy", "true");
  const send = (position) => {
    form.elements.lat.value = position?.coords.latitude.toFixed(6) ?? "";
    form.elements.lon.value = position?.coords.longitude.toFixed(6) ?? "";
    button.removeAttribute("aria-busy");
    form.requestSubmit(button.name ? button : undefined);
  };
  navigator.geolocation.getCurrentPosition(send, () => send(null), { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 30_000 });
});

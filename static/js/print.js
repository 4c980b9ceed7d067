/** Shows the button that prints the page. */

for (const button of document.querySelectorAll("[data-print][hidden]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

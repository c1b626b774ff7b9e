(said) => {
  const id = `watchfloor-desktop-${said.kind}`;
  let banner = document.getElementById(id);
  if (!said.text) {
    banner?.remove();
    return;
  }
  if (!banner) {
    banner = document.createElement("div");
    banner.id = id;
    banner.setAttribute("role", "status");
    banner.title = "Click to close";
    banner.addEventListener("click", () => banner.remove());
    Object.assign(banner.style, {
      position: "fixed", insetInline: "0", bottom: said.kind === "offline" ? "32px" : "0", zIndex: "2147483647",
      padding: "6px 16px", font: "13px/20px system-ui, sans-serif", textAlign: "center", cursor: "pointer",
      color: "#fff", background: said.kind === "offline" ? "#a12d31" : "#0b6f64",
    });
    document.documentElement.append(banner);
  }
  banner.textContent = said.text;
}

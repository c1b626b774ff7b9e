(said) => {
  const id = `watchfloor-desktop-${said.kind}`;
  const isOffline = said.kind === "offline";
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
      position: "fixed", left: "50%", transform: "translateX(-50%)", bottom: isOffline ? "88px" : "48px", zIndex: "2147483647",
      maxWidth: "80vw", padding: "8px 16px", borderRadius: "6px", boxShadow: "0 4px 16px rgb(0 0 0 / 40%)", cursor: "pointer",
      font: "13px/20px system-ui, sans-serif", color: "#fff", background: isOffline ? "#a12d31" : "#0b6f64",
    });
    document.documentElement.append(banner);
  }
  banner.textContent = said.text;
  clearTimeout(banner.goes);
  if (said.seconds) {
    banner.goes = setTimeout(() => banner.remove(), said.seconds * 1000);
  }
}

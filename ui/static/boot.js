// Sets the theme before the first paint, then starts the console.
const theme = localStorage.getItem("watchfloor.theme");
const light = theme === "light" || (theme !== "dark" && matchMedia("(prefers-color-scheme: light)").matches);
document.documentElement.dataset.theme = light ? "light" : "dark";
document.documentElement.dataset.density = localStorage.getItem("watchfloor.density") ?? "compact";

const { default: start } = await import("/watchfloor_ui.js");
await start({ module_or_path: "/watchfloor_ui_bg.wasm" });

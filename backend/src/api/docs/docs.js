// Renders /api/openapi.json. Everything goes into the page as text, never as markup.
"use strict";

const el = (name, attributes, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "on") { for (const [event, run] of Object.entries(value)) node.addEventListener(event, run); }
    else if (value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
};

// Descriptions mark code with backticks; here everything is plain text.
const plain = (text) => text.replaceAll("`", "");

const nameOf = (reference) => reference.split("/").pop();

function typeOf(schema) {
  if (!schema || Object.keys(schema).length === 0) return "any";
  if (schema.$ref) return nameOf(schema.$ref);
  const variants = schema.oneOf || schema.anyOf || schema.allOf;
  if (variants) return [...new Set(variants.map(typeOf))].join(schema.allOf ? " & " : " | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type || "any";
  if (type.startsWith("array")) return `${typeOf(schema.items)}[]`;
  return schema.format ? `${type} (${schema.format})` : type;
}

// An example of a schema; a type inside itself ends as null.
function exampleOf(schema, api, inside = []) {
  if (!schema) return null;
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    if (inside.includes(name)) return null;
    return exampleOf(api.components.schemas[name], api, [...inside, name]);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, api, inside)));
  const variants = schema.oneOf || schema.anyOf;
  if (variants) return exampleOf(variants.find((v) => v.type !== "null") || variants[0], api, inside);
  const type = Array.isArray(schema.type) ? schema.type.find((t) => t !== "null") : schema.type;
  if (type === "array") return schema.prefixItems ? schema.prefixItems.map((item) => exampleOf(item, api, inside)) : [exampleOf(schema.items, api, inside)];
  if (type === "integer" || type === "number") return schema.minimum || 0;
  if (type === "boolean") return false;
  if (type === "string") return schema.format === "date-time" ? "2026-01-31T08:30:00.123456789Z" : "…";
  const entries = Object.entries(schema.properties || {});
  return Object.fromEntries(entries.map(([key, value]) => [key, exampleOf(value, api, inside)]));
}

const pretty = (value) => JSON.stringify(value, null, 2);

function rows(entries) {
  return el("table", {}, el("tbody", {}, ...entries.map((cells) =>
    el("tr", {}, ...cells.map((cell) => el("td", {}, cell))))));
}

function schemaBlock(title, schema, api) {
  return el("details", {}, el("summary", {}, `${title}: ${typeOf(schema)}`), el("pre", {}, pretty(exampleOf(schema, api))));
}

function tryIt(method, path, operation, api) {
  const inputs = (operation.parameters || []).map((parameter) => {
    const id = `${operation.operationId}-${parameter.in}-${parameter.name}`;
    return { parameter, input: el("input", { id, autocomplete: "off" }), id };
  });
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const body = operation.requestBody && el("textarea", { "aria-label": "Body", spellcheck: "false" });
  if (body) body.value = schema ? pretty(exampleOf(schema, api)) : "";
  const output = el("pre", { hidden: "", "aria-live": "polite" });
  const send = async () => {
    let target = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const { parameter, input } of inputs) {
      if (!input.value) continue;
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      if (parameter.in === "query") query.set(parameter.name, input.value);
      if (parameter.in === "header") headers[parameter.name] = input.value;
    }
    if (body) headers["Content-Type"] = "application/json";
    output.hidden = false;
    try {
      const address = query.size ? `${target}?${query}` : target;
      const answer = await fetch(address, { method: method.toUpperCase(), headers, body: body?.value });
      const text = await answer.text();
      let shown = text;
      try { shown = pretty(JSON.parse(text)); } catch { /* not JSON: shown as it came */ }
      output.className = answer.ok ? "" : "failed";
      output.textContent = `${answer.status} ${answer.statusText}\n${shown}`;
    } catch (error) {
      output.className = "failed";
      output.textContent = `No answer: ${error.message}`;
    }
  };
  const fields = inputs.map(({ parameter, input, id }) => el("label", { for: id }, parameter.name, input));
  const button = el("button", { type: "button", class: "go", on: { click: send } }, "Send");
  const note = el("span", { class: "quiet" }, method === "get" ? "With your session." : "With your session. This changes things.");
  return el("details", {}, el("summary", {}, "Try it"),
    el("div", { class: "try" }, ...fields, body, el("div", {}, button, note), output));
}

function article(method, path, operation, api) {
  const permission = operation["x-permission"] || (operation.security.length ? "signed in" : "public");
  const node = el("article", { id: operation.operationId },
    el("h3", {}, el("i", { class: method }, method), el("code", {}, path), el("span", { class: "chip" }, permission)),
    el("p", { class: "summary" }, operation.summary));
  if (operation.description) node.append(el("p", { class: "quiet" }, plain(operation.description)));
  if (operation.parameters) {
    node.append(el("h4", {}, "Parameters"), rows(operation.parameters.map((parameter) => [
      parameter.name + (parameter.required ? " *" : ""), `${parameter.in} · ${typeOf(parameter.schema)}`, plain(parameter.description)])));
  }
  node.append(el("h4", {}, "Answers"), rows(Object.entries(operation.responses).map(([status, response]) => {
    const [kind, content] = Object.entries(response.content || {})[0] || [];
    return [status, kind ? (kind.includes("json") ? typeOf(content.schema) : kind) : "no body", plain(response.description)];
  })));
  const json = operation.requestBody?.content["application/json"]?.schema;
  if (json) node.append(schemaBlock("Body", json, api));
  const answer = operation.responses["200"]?.content?.["application/json"]?.schema;
  if (answer) node.append(schemaBlock("Answer", answer, api));
  if (operation.operationId !== "live") node.append(tryIt(method, path, operation, api));
  return node;
}

function draw(api) {
  const contents = document.getElementById("contents");
  const main = document.getElementById("operations");
  document.getElementById("version").textContent = `${api.info.version} · OpenAPI ${api.openapi}`;
  main.replaceChildren(el("p", { class: "quiet" }, plain(api.info.description)));
  const byTag = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0];
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push({ method, path, operation });
    }
  }
  const order = ["alerts", "events", "endpoints", "live", "rules", "pipeline", "ingest", "identity", "keys", "plain", "health", "meta"];
  const place = (tag) => (order.includes(tag) ? order.indexOf(tag) : order.length);
  const found = [];
  for (const tag of [...byTag.keys()].sort((a, b) => place(a) - place(b))) {
    const title = el("h2", {}, tag), heading = el("h2", {}, tag);
    contents.append(heading);
    main.append(title);
    const entries = byTag.get(tag).map(({ method, path, operation }) => {
      const link = el("a", { href: `#${operation.operationId}`, title: operation.summary }, el("i", { class: method }, method), el("span", {}, path));
      const node = article(method, path, operation, api);
      contents.append(link);
      main.append(node);
      const words = [method, path, operation.summary, operation.operationId, operation["x-permission"], tag].join(" ").toLowerCase();
      return { words, link, node };
    });
    found.push({ title, heading, entries });
  }
  const search = document.getElementById("search");
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { title, heading, entries } of found) {
      let any = false;
      for (const { words: text, link, node } of entries) {
        const fits = words.every((word) => text.includes(word));
        link.hidden = node.hidden = !fits;
        link.classList.toggle("unseen", !fits);
        any ||= fits;
      }
      title.hidden = heading.hidden = !any;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); }
  });
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function theme() {
  const root = document.documentElement;
  let stored = null;
  try { stored = localStorage.getItem("watchfloor.theme"); } catch { /* storage may be off */ }
  const system = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  root.dataset.theme = stored === "light" || stored === "dark" ? stored : system;
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = root.dataset.theme === "light" ? "dark" : "light";
  });
}

theme();
fetch("/api/openapi.json")
  .then((answer) => answer.json())
  .then(draw)
  .catch((error) => { document.getElementById("operations").textContent = `The description did not load: ${error.message}`; });

// XML as plain trees, so that documents compare whatever the order of attributes and the spelling of empty elements.
import { XMLParser, XMLValidator } from "./harness.mjs";

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: true,
});

const ordered = (attributes) => Object.fromEntries(Object.entries(attributes).sort());

function element(node) {
  const name = Object.keys(node).find((key) => key !== ":@");
  if (name === "#text") return node["#text"];
  return { name, attributes: ordered(node[":@"] ?? {}), children: node[name].map(element) };
}

/** The root element as {name, attributes, children}; throws when the text is not well-formed. */
export function parseXml(text) {
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new Error(`not well-formed: ${JSON.stringify(valid.err)}`);
  return parser.parse(text).map(element).find((node) => node.name && !node.name.startsWith("?"));
}

/** Every element of the tree, depth first. */
export function* elements(node) {
  if (typeof node === "string") return;
  yield node;
  for (const child of node.children) yield* elements(child);
}

export const find = (root, name) => [...elements(root)].find((node) => node.name === name);

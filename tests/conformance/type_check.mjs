// JSON texts held against the types of an official package: as literals in strict TypeScript, so that a key, a word or a
// type too many is an error.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { options } from "./harness.mjs";

/**
 * The names of those literals that the compiler refuses, with its first reason. `head` declares the type `Frame`,
 * `literals` are [name, JSON text] pairs, `folder` is a name for the generated project.
 */
export function refused(folder, head, literals) {
  const place = path.join(options.packages, folder);
  mkdirSync(place, { recursive: true });
  const lines = literals.map(([, json], i) => `export const frame${i}: Frame = ${json};`);
  writeFileSync(path.join(place, "frames.ts"), `${head}${lines.join("\n")}\n`);
  const settings = { strict: true, noEmit: true, skipLibCheck: true, module: "preserve", target: "es2022", types: [] };
  writeFileSync(path.join(place, "tsconfig.json"), JSON.stringify({ compilerOptions: settings, files: ["frames.ts"] }));
  const compiler = path.join(options.packages, "node_modules/typescript/bin/tsc");
  const { stdout, status } = spawnSync(process.execPath, [compiler, "--pretty", "false", "-p", place], { encoding: "utf8" });
  const firstLine = head.split("\n").length;
  const found = new Map();
  for (const [, line, why] of stdout.matchAll(/^.*frames\.ts\((\d+),\d+\): error (.*)$/gm)) {
    const literal = literals[Number(line) - firstLine];
    if (!literal) throw new Error(`outside the frames: ${stdout}`);
    if (!found.has(literal[0])) found.set(literal[0], why);
  }
  if (status !== 0 && found.size === 0) throw new Error(`the compiler failed: ${stdout}`);
  return found;
}

// What every group of checks uses: counting, the probe, child programs, the official packages.
import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import path from "node:path";
import { parseArgs } from "node:util";

export const { values: options } = parseArgs({
  options: { build: { type: "string" }, packages: { type: "string" } },
});

// The packages live under build/, not beside this file, so that the source tree stays clean.
const require = createRequire(path.join(options.packages, "package.json"));
export const twilio = require("twilio");
export const { getExpectedBodyHash: twilioBodyHash } = require("twilio/lib/webhooks/webhooks");
export const { HumeClient } = require("hume");
export const humeSchemas = require("hume/serialization").empathicVoice;
export const { GoogleGenAI } = require("@google/genai");
export const { OpenAI } = require("openai");
export const { OpenAIRealtimeWS } = require("openai/realtime/ws");
export const { WebSocket, WebSocketServer } = require("ws");
export const { XMLParser, XMLValidator } = require("fast-xml-parser");
export const versionOf = (name) => require(`${name}/package.json`).version;

const counts = { passed: 0, failed: 0 };

/** Runs one check; its name is a sentence of behaviour, an exception is a failure. */
export async function check(name, body) {
  try {
    await body();
    counts.passed += 1;
    console.log(`ok - ${name}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`not ok - ${name}`);
    console.log(String(error?.stack ?? error).replace(/^/gm, "    "));
  }
}

export function summary() {
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 && counts.passed > 0;
}

/** Feeds objects to `tandem_conformance_probe SUBCOMMAND`, one a line, and returns its answers. */
export function probe(subcommand, ...lines) {
  const program = path.join(options.build, "tests/conformance/tandem_conformance_probe");
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const { status, stdout, stderr, error } = spawnSync(program, [subcommand], { input, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`probe ${subcommand} exited ${status}: ${stderr}`);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Starts a program of ours; stop() ends it and waits. Its output is kept for the failure message. */
export function start(program, args, environment) {
  const child = spawn(program, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const program_ = { child, output: "", exited: false };
  const keep = (chunk) => (program_.output += chunk);
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const ended = new Promise((resolve) =>
    child.on("close", () => {
      program_.exited = true;
      resolve();
    }),
  );
  program_.stop = async () => {
    if (program_.exited) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
  };
  return program_;
}

/** Polls until `condition` answers something true, and returns that. */
export async function until(what, condition, seconds = 10) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`timed out after ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts tandem-standins with these arguments; answers { urls: {twilio, evi, gemini, openai, control}, stop }. */
export async function startStandins(args = []) {
  const program = start(path.join(options.build, "tests/standins/tandem-standins"), ["serve", ...args], {});
  const urls = {};
  await until("the stand-ins to listen", () => {
    if (program.exited) throw new Error(`tandem-standins ended: ${program.output}`);
    for (const line of program.output.split("\n")) {
      if (!line.startsWith("{")) continue;
      const { party, url } = JSON.parse(line);
      urls[party] = url;
    }
    return urls.control;
  });
  return { urls, stop: program.stop };
}

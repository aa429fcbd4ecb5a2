// Ranks every case that comes in, {data, cases: [[facet values], …]}, and prints the results, one case a line.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { rank } = await import(pathToFileURL(process.argv[2]));
const { data, cases } = JSON.parse(readFileSync(0, "utf8"));
const names = Object.keys(data.decks);
const lines = cases.map((chosen) => JSON.stringify(names.map((name) => rank(data, name, chosen))));
process.stdout.write(lines.join("\n"));

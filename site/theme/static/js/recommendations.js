/**
 * Which methods and templates fit a community, in what order, and why: what rulepages/recommendations.py does, in the
 * page. Whole numbers only; nothing is loaded and nothing is kept.
 *
 * data    what recommendation_data() wrote
 * name    a deck: "communication", "membership", "decisions", "conflict" or "templates"
 * chosen  ids of facet values, any number of each facet; unknown ones are ignored
 * returns all cards, the best fit first: [{id, score, matched: [value ids, the most telling first], reason}]; score is
 *         null when nothing was chosen, reason is "" when the score is not above 0
 */
export function rank(data, name, chosen) {
  const { weights, cards } = data.decks[name];
  const picked = new Set(chosen);
  const wanted = [...data.words.keys()].filter((place) => picked.has(data.words[place][0]));
  if (wanted.length === 0) {
    return cards.map(([id]) => ({ id, score: null, matched: [], reason: "" }));
  }
  wanted.sort((a, b) => weights[b] - weights[a]);
  return cards
    .map(([id, cells, behind]) => {
      const matched = wanted.filter((place) => cells[place] === "1");
      const score = sum(matched.map((place) => weights[place]));
      const fits = score > 0 ? sum(Array.from(cells, Number)) : 0;
      return { id, matched, score, fits, behind: behind ? sum(wanted.map((place) => behind[place])) : 0 };
    })
    .sort((a, b) => b.score - a.score || a.fits - b.fits || b.behind - a.behind)
    .map(({ id, score, matched }) => ({
      id,
      score,
      matched: matched.map((place) => data.words[place][0]),
      reason: score > 0 ? reason(matched.map((place) => data.words[place][1])) : "",
    }));
}

function reason(words) {
  const last = words.at(-1);
  return words.length > 1 ? `Fits ${words.slice(0, -1).join(", ")} and ${last}` : `Fits ${last}`;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

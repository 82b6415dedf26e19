/** A browser's memory for one cookie. */
export class Jar {
	#token: string | undefined;
	#until = Number.POSITIVE_INFINITY;

	/** The token that a request carries now, and until when the jar keeps it. */
	look(now: number): {readonly sent: string | undefined; readonly sentUntil: number | undefined} {
		if (now >= this.#until) this.#token = undefined;
		return {sent: this.#token, sentUntil: this.#token === undefined ? undefined : this.#until};
	}

	keep({told, until}: Told): void {
		if (told === undefined) return;
		this.#token = told ?? undefined;
		this.#until = until;
	}
}

/** What the headers of an answer say of one cookie: a token, `null` if it is cleared, `undefined` for nothing. */
export type Told = {readonly told: string | null | undefined; readonly until: number};

/** @param now The client's time, from which `Max-Age` counts. */
export const readSetCookie = (lines: readonly string[], name: string, now: number): Told => {
	const line = lines.findLast(other => other.startsWith(`${name}=`));
	if (line === undefined) return {told: undefined, until: 0};

	const maxAge = Number(/;\s*max-age=(\d+)/i.exec(line)?.[1] ?? Number.POSITIVE_INFINITY);
	const token = line.slice(name.length + 1, line.indexOf(';'));
	return {told: maxAge === 0 || token === '' ? null : token, until: now + maxAge * 1000};
};

/** Markup that is safe to send: whatever went into it was escaped, or was markup itself. */
export class Html {
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
	}

	toString(): string {
		return this.#text;
	}
}

/** What may stand in a template. `undefined` and `false` leave nothing. */
export type Piece = Html | string | number | undefined | false | readonly Piece[];

/** Makes markup; every text that is put in is escaped. In attributes, only between quotes. */
export const html = (texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html =>
	new Html(texts.map((text, index) => text + render(pieces[index])).join(''));

const render = (piece: Piece): string => {
	if (piece instanceof Html) return String(piece);
	if (piece === undefined || piece === false) return '';
	if (typeof piece === 'object') return piece.map(render).join('');
	return String(piece).replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
};

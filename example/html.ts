/** Markup that is safe to send: everything in it was escaped, or was markup already. */
export class Html {
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
	}

	toString(): string {
		return this.#text;
	}
}

/** What a template can contain. `undefined` and `false` become nothing. */
export type Piece = Html | string | number | undefined | false | readonly Piece[];

/** Makes markup. All inserted texts are escaped. Put quotes around them in attributes. */
export const html = (texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html =>
	new Html(texts.map((text, index) => text + render(pieces[index])).join(''));

const render = (piece: Piece): string => {
	if (piece instanceof Html) return String(piece);
	if (piece === undefined || piece === false) return '';
	if (typeof piece === 'object') return piece.map(render).join('');
	return String(piece).replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
};

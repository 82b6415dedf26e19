/** A cookie, as a browser keeps it. */
export type Cookie = {
	readonly name: string;
	readonly value: string;
	readonly path: string;
	readonly secure: boolean;
	readonly httpOnly: boolean;
	readonly sameSite: 'Strict' | 'Lax' | 'None';

	/** `Infinity`: until the browser is closed. */
	readonly expiresAt: number;
};

/** Where a request comes from: a page of the same site, or a link or a form on another one. */
export type Initiator = 'same site' | 'other site';

/** The cookies of a browser for one host, over HTTPS (RFC 6265bis). Time is `Date.now()`. */
export class Jar {
	#cookies: readonly Cookie[] = [];

	/** The cookies that still live. */
	get cookies(): readonly Cookie[] {
		return this.#cookies.filter(({expiresAt}) => expiresAt > Date.now());
	}

	/** Whatever a page of which site has led to, an answer may set any cookie. */
	keep(lines: readonly string[]): void {
		for (const line of lines) {
			const cookie = parse(line);
			const others = this.#cookies.filter(({name, path}) => name !== cookie.name || path !== cookie.path);
			this.#cookies = [...others, cookie];
		}
	}

	/** The cookies that go along with a request. */
	for(path: string, from: Initiator, method: string): readonly Cookie[] {
		return this.cookies
			.filter(cookie => isWithin(path, cookie.path) && crosses(cookie.sameSite, from, method))
			.toSorted((left, right) => right.path.length - left.path.length);
	}

	/** Those without an expiry are gone. */
	closeBrowser(): void {
		this.#cookies = this.#cookies.filter(({expiresAt}) => expiresAt !== Number.POSITIVE_INFINITY);
	}

	remove(name: string): void {
		this.#cookies = this.#cookies.filter(cookie => cookie.name !== name);
	}
}

/** The header `Cookie`. */
export const toHeader = (cookies: readonly Cookie[]): string =>
	cookies.map(({name, value}) => `${name}=${value}`).join('; ');

/** Whether a path is another one or below it. */
export const isWithin = (path: string, folder: string): boolean =>
	path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

const crosses = (sameSite: Cookie['sameSite'], from: Initiator, method: string): boolean =>
	from === 'same site' || sameSite === 'None' || (sameSite === 'Lax' && method === 'GET');

const parse = (line: string): Cookie => {
	const [pair = '', ...attributes] = line.split(/;\s*/);
	const end = pair.indexOf('=');
	const given = new Map(
		attributes.map(attribute => {
			const [name = '', value = ''] = attribute.split('=');
			return [name.toLowerCase(), value];
		}),
	);
	const maxAge = given.get('max-age');
	const site = given.get('samesite')?.toLowerCase() ?? 'lax';
	return {
		name: pair.slice(0, end),
		value: pair.slice(end + 1),
		path: given.get('path') ?? '/',
		secure: given.has('secure'),
		httpOnly: given.has('httponly'),
		sameSite: site === 'strict' ? 'Strict' : site === 'none' ? 'None' : 'Lax',
		expiresAt: maxAge === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(maxAge) * 1000,
	};
};

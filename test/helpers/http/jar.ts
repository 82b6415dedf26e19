import {type Answer, type RequestOptions, request} from './app.ts';

/** A browser as far as cookies and forms go, for one origin. It follows no redirect. */
export class Jar {
	readonly origin: string;
	readonly cookies = new Map<string, string>();

	constructor(origin: string) {
		this.origin = origin;
	}

	get cookie(): string {
		return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
	}

	get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
		return this.#fetch(path, {headers});
	}

	async text(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
		return (await this.get(path, headers)).text();
	}

	async json(path: string) {
		return (await this.get(path)).json();
	}

	/** Sends headers that `fetch` doesn't let through, such as another host. */
	async raw(path: string, options: RequestOptions): Promise<Answer> {
		const headers = {cookie: this.cookie, ...options.headers};
		const answer = await request(Number(new URL(this.origin).port), path, {...options, headers});
		for (const line of answer.setCookie) this.#keep(line);
		return answer;
	}

	/** Sends a form. */
	post(
		path: string,
		fields: Readonly<Record<string, string>> = {},
		headers: Readonly<Record<string, string>> = {},
	): Promise<Response> {
		return this.send(path, new URLSearchParams(fields), headers);
	}

	send(path: string, body: BodyInit, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
		return this.#fetch(path, {method: 'POST', body, headers});
	}

	/** Another browser with the same cookies. */
	fork(): Jar {
		const other = new Jar(this.origin);
		for (const [name, value] of this.cookies) other.cookies.set(name, value);
		return other;
	}

	async #fetch(path: string, init: RequestInit): Promise<Response> {
		const headers = {...(init.headers as Record<string, string>), ...(this.cookies.size > 0 && {cookie: this.cookie})};
		const response = await fetch(this.origin + path, {...init, headers, redirect: 'manual'});
		for (const line of response.headers.getSetCookie()) this.#keep(line);
		return response;
	}

	#keep(line: string): void {
		const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
		if (value === '' || /expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) this.cookies.delete(name);
		else this.cookies.set(name, value);
	}
}

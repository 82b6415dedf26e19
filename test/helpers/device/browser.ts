import {type Answer, request} from '../http/app.ts';
import {DeviceKey} from './device-key.ts';
import {type Initiator, isWithin, Jar, toHeader} from './jar.ts';

/** What a server has asked the browser to do for a binding. */
type Terms = {
	readonly session_identifier: string;
	readonly refresh_url: string;
	readonly continue?: boolean;
	readonly scope: {
		readonly include_site: boolean;
		readonly scope_specification?: readonly {readonly type: string; readonly path: string}[];
	};
	readonly credentials: readonly {readonly name: string; readonly attributes: string}[];
	readonly allowed_refresh_initiators?: readonly string[];
};

/** A device-bound session, as the browser keeps it. */
type Binding = {readonly key: DeviceKey; readonly terms: Terms};

type Skipped = 'unreachable' | 'server_error' | 'quota_exceeded';

/** How a visit goes. */
export type Visit = {
	readonly method?: string;

	/** @default 'same site' */
	readonly from?: Initiator;
	readonly headers?: Readonly<Record<string, string>>;
};

/** At most so many signatures within nine minutes. */
const quota = {signatures: 6, milliseconds: 540_000};

/** Refreshes beside a request if no more of the cookie's life is left, in milliseconds. */
const aheadOfTime = 120_000;

const mostChallenges = 5;

/**
A browser that binds sessions to its device, as Chromium 156 was measured to do: what the draft leaves open, and where
Chromium differs from it, as Chromium does it.

Time is `Date.now()`, so that a test can move it. Registrations wait until `register()` if `isHasty` is `false`.
*/
export class Browser {
	readonly jar = new Jar();

	/** Its POST requests to endpoints, such as `register 200` and `refresh 403`. */
	readonly log: string[] = [];

	/** What went out without its bound cookie, and why. */
	readonly skipped: Skipped[] = [];

	/** Drops the answer of the next such request. */
	loses: 'register' | 'refresh' | undefined;

	/** Whether it registers at once after an offer. */
	isHasty = true;

	/** Done between the two requests of a refresh. */
	beforeProof: () => Promise<unknown> = async () => undefined;

	/** Sends proofs without quotes, as Chromium 156 does, or with them, as the draft has it. */
	quotes = (text: string): string => text;

	bindings: readonly Binding[] = [];
	/** Where its host is. Changes as a load balancer does. */
	port: number;

	readonly #speaks: boolean;
	#offers: readonly {readonly header: string; readonly from: Initiator}[] = [];
	#signedAt: readonly number[] = [];

	/** @param speaks Whether it knows device-bound sessions at all. */
	constructor(port: number, {speaks = true}: {readonly speaks?: boolean} = {}) {
		this.port = port;
		this.#speaks = speaks;
	}

	/** Asks for a page, as a click or a form does. First refreshes what it needs. */
	async visit(path: string, {method = 'GET', from = 'same site', headers = {}}: Visit = {}): Promise<Answer> {
		const skipped: string[] = [];
		for (const binding of this.bindings.filter(({terms}) => inScope(terms, path))) {
			if (this.#lifeOf(binding) > 0) continue;
			const reason = mayStart(binding.terms, from) ? await this.#refresh(binding, from) : undefined;
			if (!reason) continue;
			this.skipped.push(reason);
			skipped.push(`${reason};session_identifier="${binding.terms.session_identifier}"`);
		}

		const cookie = toHeader(this.jar.for(path, from, method));
		// Beside the request, which carries the old cookie.
		for (const binding of this.bindings.filter(({terms}) => inScope(terms, path))) {
			const isDue = this.#lifeOf(binding) > 0 && this.#lifeOf(binding) <= aheadOfTime;
			if (isDue && mayStart(binding.terms, from)) await this.#refresh(binding, from);
		}

		const answer = await this.#send(path, method, {
			...(cookie && {cookie}),
			...(skipped.length > 0 && {'secure-session-skipped': skipped.join(', ')}),
			...headers,
		});
		this.jar.keep(answer.setCookie);
		const offer = answer.headers['secure-session-registration'];
		// Node joins the lines of a header that comes more than once.
		const offers = typeof offer === 'string' && this.#speaks ? offer.split(/, (?=\()/) : [];
		this.#offers = [...this.#offers, ...offers.map(header => ({header, from}))];
		if (this.isHasty) await this.register();
		return answer;
	}

	/** Registers a new key for each offer so far. */
	async register(): Promise<void> {
		const offers = this.#offers;
		this.#offers = [];
		for (const {header, from} of offers) {
			const [, path = '', challenge = ''] = /^\(ES256\);path="([^"]+)";challenge="([^"]+)"$/.exec(header) ?? [];
			if (!path || !this.#maySign()) continue;
			const key = new DeviceKey();
			const answer = await this.#post('register', path, from, {
				'secure-session-response': this.quotes(key.registration(challenge)),
			});
			if (answer?.status !== 200) continue;
			this.jar.keep(answer.setCookie);
			this.bindings = [...this.bindings, {key, terms: checked(JSON.parse(answer.body), answer)}];
		}
	}

	/** What a thief copies: the header of the next request to any page. */
	steal(): {readonly cookie: string} {
		return {cookie: toHeader(this.jar.for('/', 'same site', 'GET'))};
	}

	/** Everything, with what no page ever gets. */
	stealAll(): {readonly cookie: string} {
		return {cookie: toHeader(this.jar.cookies)};
	}

	/** Refreshes now; `undefined` if it could. */
	async refresh(from: Initiator = 'same site'): Promise<Skipped | undefined> {
		const [first] = this.bindings;
		return first && this.#refresh(first, from);
	}

	async #refresh(binding: Binding, from: Initiator): Promise<Skipped | undefined> {
		const {terms, key} = binding;
		const identifier = {'sec-secure-session-id': this.quotes(terms.session_identifier)};
		let proof: Record<string, string> = {};
		for (let challenges = 0; challenges < mostChallenges; challenges++) {
			const answer = await this.#post('refresh', terms.refresh_url, from, {...identifier, ...proof});
			if (!answer) return 'unreachable';
			if (answer.status >= 500) return 'server_error';

			const challenge = /^"([^"]+)";id="([^"]+)"$/.exec(String(answer.headers['secure-session-challenge'] ?? ''));
			if (answer.status === 403 && challenge?.[2] === terms.session_identifier) {
				if (!this.#maySign()) return 'quota_exceeded';
				proof = {'secure-session-response': this.quotes(key.refresh(challenge[1] ?? ''))};
				await this.beforeProof();
				continue;
			}

			if (answer.status !== 200 && answer.status !== 204) break;
			this.jar.keep(answer.setCookie);
			const renewed: Terms = answer.body === '' ? terms : checked(JSON.parse(answer.body), answer);
			if (renewed.continue === false || renewed.session_identifier !== terms.session_identifier) break;
			this.bindings = this.bindings.map(each => (each === binding ? {key, terms: renewed} : each));
			return undefined;
		}

		this.bindings = this.bindings.filter(each => each !== binding);
		return undefined;
	}

	/** How long the bound cookie still lives; nothing if its attributes aren't those of the terms. */
	#lifeOf({terms}: Binding): number {
		const [credential] = terms.credentials;
		const cookie = this.jar.cookies.find(({name}) => name === credential?.name);
		return cookie ? cookie.expiresAt - Date.now() : 0;
	}

	#maySign(): boolean {
		this.#signedAt = this.#signedAt.filter(at => at > Date.now() - quota.milliseconds);
		if (this.#signedAt.length >= quota.signatures) return false;
		this.#signedAt = [...this.#signedAt, Date.now()];
		return true;
	}

	async #post(
		kind: 'register' | 'refresh',
		path: string,
		from: Initiator,
		headers: Readonly<Record<string, string>>,
	): Promise<Answer | undefined> {
		const cookie = toHeader(this.jar.for(path, from, 'POST'));
		const answer = await this.#send(path, 'POST', {...(cookie && {cookie}), ...headers});
		const isLost = this.loses === kind;
		if (isLost) this.loses = undefined;
		this.log.push(`${kind} ${isLost ? 'lost' : answer.status}`);
		return isLost ? undefined : answer;
	}

	#send(path: string, method: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
		return request(this.port, path, {method, headers: {'x-forwarded-proto': 'https', ...headers}});
	}
}

/** Whether requests to a path need the cookie: the last rule that fits decides. */
const inScope = ({scope: {scope_specification: rules = []}, refresh_url: url}: Terms, path: string): boolean =>
	path !== url && rules.findLast(rule => isWithin(path, rule.path))?.type !== 'exclude';

const mayStart = ({allowed_refresh_initiators: allowed = []}: Terms, from: Initiator): boolean =>
	from === 'same site' || allowed.includes('*');

/** The cookie that an answer sets must be the one that its terms describe. Otherwise each request would refresh. */
const checked = (terms: Terms, {setCookie}: Answer): Terms => {
	const [credential] = terms.credentials;
	const [line = ''] = setCookie.filter(each => each.startsWith(`${credential?.name}=`));
	const attributes = (text: string): string[] =>
		text.split('; ').filter(each => /^(?:domain|path|secure|httponly|samesite)\b/i.test(each));
	const [wanted, set] = [attributes(credential?.attributes ?? ''), attributes(line)].map(list =>
		list.toSorted().join(),
	);
	if (wanted !== set || line === '') throw new Error(`Expected a cookie with ${wanted}, got ${set}`);
	return terms;
};

import {SessionError} from '../../errors.ts';
import type {Store} from '../../store.ts';

/** A store's URL: what follows the scheme, unchanged, and the query separately. */
export type StoreUrl = {
	readonly url: string;
	readonly scheme: string;
	readonly path: string;
	readonly query: URLSearchParams;
};

/** Opens the store of a URL that has been checked. */
export type Opener = () => Promise<Store>;

/** What a parameter in the query of a store's URL may be. */
export type Parameter = {readonly form: RegExp; readonly example: string};

/** Takes a URL apart. It may hold a password, so no message quotes it. */
export const parseStoreUrl = (url: string): StoreUrl | undefined => {
	const [, scheme, path = '', query] = /^([a-z][a-z\d+.-]*):([^?]*)(?:\?(.*))?$/is.exec(url) ?? [];
	return scheme === undefined
		? undefined
		: {url, scheme: scheme.toLowerCase(), path, query: new URLSearchParams(query)};
};

/** @throws SessionError `ERR_SESSION_STORE_URL` If anything but parameters follows the scheme. */
export const checkEmpty = ({scheme, path}: StoreUrl): void => {
	if (path !== '' && path !== '//') throw wrongUrl(`of \`${scheme}:\` to have nothing after the scheme but parameters`);
};

/** @throws SessionError `ERR_SESSION_STORE_URL` For an unknown parameter, or a value of the wrong form. */
export const checkParameters = ({scheme, query}: StoreUrl, known: Readonly<Record<string, Parameter>>): void => {
	for (const [name, value] of query) {
		const parameter = Object.hasOwn(known, name) ? known[name] : undefined;
		if (!parameter) throw wrongUrl(`of \`${scheme}:\` to have ${onlyThese(Object.keys(known))}`);
		if (!parameter.form.test(value))
			throw wrongUrl(`of \`${scheme}:\` to have a \`${name}\` like \`${parameter.example}\``);
	}
};

/**
Checks the parameters that the store reads, and takes them out of the URL: the client library reads the rest.

@throws SessionError `ERR_SESSION_STORE_URL` If the value of one of them has the wrong form.
*/
export const takeParameters = (location: StoreUrl, ours: Readonly<Record<string, Parameter>>): string => {
	const {url, query} = location;
	const isOurs = ([name]: readonly [string, string]): boolean => Object.hasOwn(ours, name);
	checkParameters({...location, query: new URLSearchParams([...query].filter(isOurs))}, ours);

	const others = new URLSearchParams([...query].filter(parameter => !isOurs(parameter)));
	const [address = ''] = url.split('?');
	return others.size > 0 ? `${address}?${others}` : address;
};

/** A duration in a URL, in milliseconds. */
export const milliseconds: Parameter = {form: /^[1-9]\d{2,8}$/, example: '5000'};

/** How many connections a client may open. */
export const connections: Parameter = {form: /^[1-9]\d{0,3}$/, example: '10'};

/** The option `pruneEvery` in a URL. */
export const creates: Parameter = {form: /^\d{1,6}$/, example: '100'};

/** Makes the error for a URL of the wrong form. */
export const wrongUrl = (expected: string): SessionError =>
	new SessionError('ERR_SESSION_STORE_URL', `Expected the store URL ${expected}`);

/** Quotes names, separated by commas. */
export const list = (names: readonly string[]): string => names.map(name => `\`${name}\``).join(', ');

const onlyThese = (names: readonly string[]): string =>
	names.length > 0 ? `no parameters but ${list(names)}` : 'no parameters';

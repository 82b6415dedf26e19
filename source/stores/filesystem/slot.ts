import {hash} from 'node:crypto';
import path from 'node:path';

/** The paths of one key's files. */
export class Slot {
	/** The session file itself. */
	readonly file: string;
	readonly shard: string;
	readonly #directory: string;
	readonly #name: string;

	constructor(directory: string, name: string) {
		this.#name = name;
		this.shard = name.slice(0, 2);
		this.#directory = path.join(directory, this.shard);
		this.file = path.join(this.#directory, name);
	}

	isOf(key: string): boolean {
		return this.#name === nameOf(key);
	}

	/** The complete content of the next session file. Its name can be used up only once. */
	proposal(token: string): string {
		return path.join(this.#directory, `.p.${this.#name}.${token}`);
	}

	/** The process that creates this name may replace the file with that token. It is a link to the proposal. */
	claim(base: string): string {
		return path.join(this.#directory, `.c.${this.#name}.${base}`);
	}
}

export const slotOf = (directory: string, key: string): Slot => new Slot(directory, nameOf(key));

/** A hash turns any key into a name of one length and case, which can't lead out of the directory. */
const nameOf = (key: string): string => hash('sha256', key);

const shardForm = /^[0-9a-f]{2}$/;
const fileForm = /^[0-9a-f]{64}$/;
const leftoverForm = /^\.(?<kind>[cp])\.(?<name>[0-9a-f]{64})\.(?<token>[0-9a-f]{32})$/;
const tokenForm = /^[0-9a-f]{32}$/;

export const isShard = (name: string): boolean => shardForm.test(name);
export const isFile = (name: string): boolean => fileForm.test(name);
export const isToken = (text: string): boolean => tokenForm.test(text);

/** A claim or proposal, as its name describes it. */
export type Leftover = {readonly kind: 'claim' | 'proposal'; readonly name: string; readonly token: string};

export const leftoverOf = (file: string): Leftover | undefined => {
	const {kind, name, token} = leftoverForm.exec(file)?.groups ?? {};
	return name && token ? {kind: kind === 'c' ? 'claim' : 'proposal', name, token} : undefined;
};

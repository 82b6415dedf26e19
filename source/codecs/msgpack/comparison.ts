import {isPlainArray, isPlainObject} from '../../plain.ts';
import {shortText} from './scan.ts';

/**
Whether bytes that `scan()` accepted hold exactly this session, of plain data in the order of the bytes.

Most requests leave their session as it is. Following it through the bytes takes less than half the time of checking,
packing and comparing it. `false` decides nothing: the session may be the same in another order. Then it is packed.
*/
export const holds = (stored: Uint8Array, session: unknown): boolean => {
	const bytes = new Bytes(stored);
	return bytes.hold(session) && bytes.areAtEnd;
};

/** Bytes that are compared with values, from front to back. */
class Bytes {
	readonly #bytes: Buffer;
	#position = 0;

	constructor({buffer, byteOffset, byteLength}: Uint8Array) {
		this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
	}

	get areAtEnd(): boolean {
		return this.#position === this.#bytes.length;
	}

	/** Whether this value comes next. If so, what follows it comes next. */
	hold(value: unknown): boolean {
		switch (typeof value) {
			case 'string':
				return this.#holdText(value);
			case 'number':
				return Object.is(this.#readNumber(), value);
			case 'boolean':
				return this.#readToken() === (value ? 0xc3 : 0xc2);
			case 'object':
				if (value === null) return this.#readToken() === 0xc0;
				if (isPlainArray(value)) return this.#holdList(value);
				return isPlainObject(value) && this.#holdMap(value);
			default:
				return false;
		}
	}

	#holdMap(map: Readonly<Record<string, unknown>>): boolean {
		let left = this.#readCount(0x80, 0xde);
		for (const key in map) if (--left < 0 || !this.#holdText(key) || !this.hold(map[key])) return false;
		return left === 0;
	}

	#holdList(list: readonly unknown[]): boolean {
		if (this.#readCount(0x90, 0xdc) !== list.length) return false;
		for (const item of list) if (!this.hold(item)) return false;
		return true;
	}

	#holdText(text: string): boolean {
		const length = this.#readLength();
		if (length < 0) return false;
		const start = this.#pass(length);
		const end = this.#position;
		if (length > shortText) return this.#bytes.toString('utf8', start, end) === text;

		for (let index = 0; index < length; index++) {
			const byte = this.#bytes[start + index] as number;
			if (byte >= 0x80) return this.#bytes.toString('utf8', start, end) === text;
			if (byte !== text.charCodeAt(index)) return false;
		}
		return text.length === length;
	}

	/** How many items a map or a list has: its tokens are one row if it is short, and two if it is long. Below 0: it is neither. */
	#readCount(short: number, long: number): number {
		const token = this.#readToken();
		if (token >= short && token < short + 16) return token - short;
		return token === long || token === long + 1 ? this.#read(2 << (token - long)) : -1;
	}

	/** The length of a text in bytes. Below 0: it is something else. */
	#readLength(): number {
		const token = this.#readToken();
		if (token >= 0xa0 && token < 0xc0) return token - 0xa0;
		return token >= 0xd9 && token <= 0xdb ? this.#read(1 << (token - 0xd9)) : -1;
	}

	#readNumber(): number | undefined {
		const token = this.#readToken();
		if (token < 0x80) return token;
		if (token >= 0xe0) return token - 0x100;
		if (token >= 0xcc && token <= 0xce) return this.#read(1 << (token - 0xcc));
		if (token >= 0xd0 && token <= 0xd2) return this.#readSigned(1 << (token - 0xd0));
		return token === 0xcb ? this.#bytes.readDoubleBE(this.#pass(8)) : undefined;
	}

	#readToken(): number {
		return this.#bytes[this.#pass(1)] as number;
	}

	#read(width: number): number {
		return this.#bytes.readUIntBE(this.#pass(width), width);
	}

	#readSigned(width: number): number {
		return this.#bytes.readIntBE(this.#pass(width), width);
	}

	/** Moves on, and returns where that began. */
	#pass(width: number): number {
		const start = this.#position;
		this.#position += width;
		return start;
	}
}

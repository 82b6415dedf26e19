import {isUtf8} from 'node:buffer';
import {check} from '../types/tags.ts';

/** The longest text, in bytes, that it is faster to look through here than to ask Node about. */
export const shortText = 64;

/**
Checks that bytes are one whole MessagePack value, of the types that `msgpack()` writes, in at most so many levels.

It runs before msgpackr reads them, which has no strict mode: it calls extension types, its own and those that anything in
the process registered, compiles code for records, takes any value for a key, and turns what isn't UTF-8 into U+FFFD.

@throws TypeError For anything else.
*/
export const scan = (bytes: Uint8Array, levels: number): void =>
	// The value is the one item of a container that isn't there.
	check(skipItems(bytes, 0, 1, false, levels + 1) === bytes.length);

/** Returns where the items of a container end. One call for each container, since one for each value would take twice as long. */
const skipItems = (bytes: Uint8Array, start: number, count: number, isMap: boolean, levels: number): number => {
	check(levels > 0);
	let position = start;
	for (let item = 0; item < count; item++) {
		if (isMap) position = skipKey(bytes, position);

		// After the end there is `undefined`, which is none of these.
		const token = bytes[position++] as number;
		if (token < 0x80 || token >= 0xe0) continue;
		if (token < 0x90) position = skipItems(bytes, position, token & 0x0f, true, levels - 1);
		else if (token < 0xa0) position = skipItems(bytes, position, token & 0x0f, false, levels - 1);
		else if (token < 0xc0) position = skipText(bytes, position, token & 0x1f);
		else
			switch (token) {
				case 0xc0: // nil
				case 0xc2: // false
				case 0xc3: // true
					break;
				case 0xcc: // uint 8, 16, 32
				case 0xd0: // int 8, 16, 32
					position += 1;
					break;
				case 0xcd:
				case 0xd1:
					position += 2;
					break;
				case 0xce:
				case 0xd2:
					position += 4;
					break;
				case 0xcb: // float 64
					position += 8;
					break;
				case 0xc4: // bin 8, 16, 32
					position += 1 + readSize(bytes, position, 1);
					break;
				case 0xc5:
					position += 2 + readSize(bytes, position, 2);
					break;
				case 0xc6:
					position += 4 + readSize(bytes, position, 4);
					break;
				case 0xd9: // str 8, 16, 32
					position = skipText(bytes, position + 1, readSize(bytes, position, 1));
					break;
				case 0xda:
					position = skipText(bytes, position + 2, readSize(bytes, position, 2));
					break;
				case 0xdb:
					position = skipText(bytes, position + 4, readSize(bytes, position, 4));
					break;
				case 0xdc: // array 16, 32
					position = skipItems(bytes, position + 2, readSize(bytes, position, 2), false, levels - 1);
					break;
				case 0xdd:
					position = skipItems(bytes, position + 4, readSize(bytes, position, 4), false, levels - 1);
					break;
				case 0xde: // map 16, 32
					position = skipItems(bytes, position + 2, readSize(bytes, position, 2), true, levels - 1);
					break;
				case 0xdf:
					position = skipItems(bytes, position + 4, readSize(bytes, position, 4), true, levels - 1);
					break;
				default:
					check(false);
			}
	}
	return position;
};

const skipKey = (bytes: Uint8Array, position: number): number => {
	const token = bytes[position] as number;
	if (token >= 0xa0 && token < 0xc0) return skipText(bytes, position + 1, token & 0x1f);
	check(token >= 0xd9 && token <= 0xdb);
	const width = 1 << (token - 0xd9);
	return skipText(bytes, position + 1 + width, readSize(bytes, position + 1, width));
};

const skipText = (bytes: Uint8Array, start: number, length: number): number => {
	const end = start + length;
	check(end <= bytes.length);
	// Asking Node takes longer than looking at the few bytes that most texts have.
	const near = Math.min(end, start + shortText);
	let position = start;
	while (position < near && (bytes[position] as number) < 0x80) position++;
	if (position < end) check(isUtf8(bytes.subarray(position, end)));
	return end;
};

const readSize = (bytes: Uint8Array, position: number, width: number): number => {
	let size = 0;
	for (let place = position; place < position + width; place++) size = size * 256 + (bytes[place] ?? Number.NaN);
	return size;
};

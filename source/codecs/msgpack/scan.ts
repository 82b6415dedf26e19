import {isUtf8} from 'node:buffer';

/** How much of a text it is faster to look at, in bytes, than to ask Node about. */
export const nearness = 64;

/**
Checks that bytes are one whole MessagePack value, of the types that `msgpack()` writes and of no more levels.

Before msgpackr reads them, since it has no option to be strict: it calls extension types, its own and those of anybody
in the process, compiles code for records, takes any value for a key, and makes U+FFFD of what isn't UTF-8.

@throws RangeError For anything else.
*/
export const scan = (bytes: Uint8Array, maxLevels: number): void =>
	check(skipItems(bytes, 0, 1, false, maxLevels + 1) === bytes.length);

/** Skips what a container holds; says where it ends. One call a container, since a call a value would cost twice. */
const skipItems = (bytes: Uint8Array, start: number, count: number, isMap: boolean, levels: number): number => {
	check(levels > 0);
	let position = start;
	for (let item = 0; item < count; item++) {
		if (isMap) position = skipKey(bytes, position);

		// Behind the end there is `undefined`, which is none of these.
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
	// Asking Node costs more than looking at the few bytes that most texts have.
	const near = Math.min(end, start + nearness);
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

const check: (isRight: boolean) => asserts isRight = isRight => {
	if (!isRight) throw new RangeError('Expected what `msgpack()` writes');
};

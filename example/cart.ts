/** A product to put in the cart. */
export type Product = {
	readonly id: string;
	readonly name: string;
	readonly description: string;

	/** In cents. */
	readonly price: number;
};

/** The quantity of each product, by its id. So when two tabs add different products, both are kept. */
export type Cart = Record<string, number>;

/** A product in the cart, with its quantity. */
export type CartLine = Product & {readonly quantity: number};

/** Everything that the shop sells. */
export const products: readonly Product[] = [
	{id: 'spoon', name: 'Koa spoon', description: 'Carved by hand, for stirring.', price: 1450},
	{id: 'lantern', name: 'Storm lantern', description: 'Keeps burning while you restart.', price: 3900},
	{id: 'string', name: 'Ball of string', description: 'Exactly long enough.', price: 380},
	{id: 'map', name: 'Map of an island', description: 'Nobody has found it yet.', price: 1200},
];

/** The largest quantity of a product. */
export const mostOfOne = 20;

/** Reads a quantity. `undefined` for anything but a whole number up to the largest quantity. */
export const readQuantity = (text: string | null): number | undefined => {
	const quantity = /^\d{1,3}$/.test(text ?? '') ? Number(text) : undefined;
	return quantity !== undefined && quantity <= mostOfOne ? quantity : undefined;
};

/** Sets the quantity of a product. 0 removes it. */
export const setQuantity = (cart: Cart, {id}: Product, quantity: number): Cart => {
	const {[id]: _, ...others} = cart;
	return quantity === 0 ? others : {...others, [id]: Math.min(quantity, mostOfOne)};
};

/** Adds one of a product. */
export const addOne = (cart: Cart, product: Product): Cart => setQuantity(cart, product, (cart[product.id] ?? 0) + 1);

/** The contents of the cart, in the order of the shop. */
export const cartLines = (cart: Cart): readonly CartLine[] =>
	products.map(product => ({...product, quantity: cart[product.id] ?? 0})).filter(({quantity}) => quantity > 0);

/** The total price, in cents. */
export const total = (lines: readonly CartLine[]): number =>
	lines.reduce((sum, {price, quantity}) => sum + price * quantity, 0);

import {parse, View} from 'vega';
import {compile} from 'vega-lite';

/** Draws a chart of Vega-Lite as SVG, which takes its colours from the page around it. */
export const draw = async specification => {
	const view = new View(parse(compile(specification).spec), {renderer: 'none'});
	const svg = await view.toSVG();
	view.finalize();
	return svg;
};

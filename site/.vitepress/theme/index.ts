import {useData} from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import {defineComponent, h} from 'vue';
import States from './States.vue';

/** The default theme, with the view of states under the page that asks for it. */
export default {
	extends: DefaultTheme,
	Layout: defineComponent(() => {
		const {frontmatter} = useData();
		return () =>
			h(DefaultTheme.Layout, null, {'doc-after': () => (frontmatter.value['states'] ? h(States) : undefined)});
	}),
};

// The theme's menu and widgets are this site's: Hexo would only add to them.
hexo.extend.filter.register("before_generate", () => {
  const menu = Object.fromEntries(hexo.config.menu.map(({ name, path }) => [name, path]));
  Object.assign(hexo.theme.config, { menu, widgets: hexo.config.widgets });
});

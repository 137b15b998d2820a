/* Runs only where the page itself cannot: Internet Explorer and the "compatible mode" of 360, QQ and Sogou. */
(function () {
  var told = document.createElement('div')
  told.setAttribute('style', 'max-width:560px;margin:80px auto;padding:0 16px;font:16px/1.8 "Microsoft YaHei",sans-serif')
  told.innerHTML =
    '<h1 style="font-size:22px">请换一种浏览方式</h1>' +
    '<p>您的浏览器正处于“兼容模式”，或版本太旧，打不开云签。</p>' +
    '<p>360 浏览器：点地址栏右侧的“e”图标，选“极速模式”，再刷新本页。<br>其他浏览器：请使用谷歌 Chrome 或微软 Edge 的新版本。</p>' +
    '<p lang="en">This browser is too old, or in compatible mode. Please use 360 in fast mode, Google Chrome or Microsoft Edge.</p>'
  document.body.appendChild(told)
})()

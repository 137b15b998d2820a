/** 上传文件与发起前检查的用词。 */
export default {
  uploads: {
    drop: '把文件拖到这里，或点击选择，可以一次选多个',
    dropMore: '继续添加文件',
    pdfOnly: 'PDF，每个不超过 {mb} MB。本平台不转换 Word，请先在 Word 或 WPS 中另存为 PDF。',
    pdfAndWord: 'PDF 或 Word（.docx、.doc），每个不超过 {mb} MB。Word 会先转换为 PDF，请查看后再发起。',
    list: '上传的文件',
    state: {
      waiting: '等待上传',
      sending: '正在上传 {percent}%',
      paused: '已暂停在 {percent}%，已上传的部分不会丢失',
      checking: '已上传，正在检查…',
      accepted: '{pages} 页 · {size}',
      locked: '已上传，文件受保护',
      refused: '不能使用这个文件',
    },
    pause: '暂停',
    resume: '继续上传',
    remove: '移除',
    unlockQuestion: '您有权去除它的保护吗？去除后才能签署，此操作会记录在案。',
    unlock: '我有权，去除保护',
  },
  preflight: {
    title: '发起前检查',
    fine: '没有发现会妨碍签署的问题。',
    block: '须先解决',
    warn: '请留意',
    ok: '正常',
    pages: '第 {pages} 页',
    more: '另有 {n} 项正常',
  },
}

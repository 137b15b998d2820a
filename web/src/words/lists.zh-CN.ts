/** Words of the lists and of searching in them. */
export default {
  lists: {
    tick: '选择“{title}”',
    ticked: '已选 {n} 份',
    untick: '取消选择',
  },
}

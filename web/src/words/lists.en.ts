/** Words of the lists and of searching in them. */
export default {
  lists: {
    tick: 'Choose “{title}”',
    ticked: '{n} chosen',
    untick: 'Choose none',
  },
}

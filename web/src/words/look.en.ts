/** Words of what all screens share: hints, first things, faults, browsers. */
export default {
  hint: {
    putAway: 'Got it',
    keys: 'Plug in your USB key and its certificates and seals appear here. Press “Bind” on a new certificate before you log in or sign with it.',
    seals: 'Start with “Apply for a seal”: your own seal can be written by hand or drawn for you; a seal of the organization is approved by another administrator.',
    members: 'New members have no rights. Choose “More → Give a right” in the row of a member; with “Start signing” they can start.',
    inbox: 'What waits for you is here. Press “Seal” to open it: the seal stands where it is proposed. Look it over, press “Save and sign”, give your PIN.',
    verify: 'Drop a PDF that you received to see who signed it, when, and whether it was changed afterwards. The file is not kept.',
  },
}

/** Words of uploading and of the look ahead before sending. */
export default {
  uploads: {
    drop: 'Drop files here, or click to choose them, several at once',
    dropMore: 'Add more files',
    pdfOnly: 'PDF, up to {mb} MB each. This platform does not convert Word; save as PDF in Word or WPS first.',
    pdfAndWord: 'PDF or Word (.docx, .doc), up to {mb} MB each. Word is converted to PDF; look at it before you send it.',
    list: 'Uploaded files',
    state: {
      waiting: 'Waiting',
      sending: 'Uploading {percent}%',
      paused: 'Paused at {percent}%; what was uploaded is kept',
      checking: 'Uploaded, being checked…',
      accepted: '{pages} pages · {size}',
      locked: 'Uploaded; the file is protected',
      refused: 'This file cannot be used',
    },
    pause: 'Pause',
    resume: 'Go on',
    remove: 'Remove',
    unlockQuestion: 'May you remove its protection? It has to go before anybody can sign, and this is recorded.',
    unlock: 'I may, remove the protection',
  },
  preflight: {
    title: 'Check before sending',
    fine: 'Nothing was found that would stop a signer.',
    block: 'To be solved first',
    warn: 'Please note',
    ok: 'In order',
    pages: 'page {pages}',
    more: '{n} more in order',
  },
}

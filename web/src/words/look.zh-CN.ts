/** Words of what all screens share: hints, first things, faults, browsers. */
export default {
  hint: {
    putAway: '知道了',
    keys: '插上 USBKey，这里就会出现它的证书和印章。新证书先点“绑定”，才能登录和签名。',
    seals: '先点“申请印章”：自己的名章可以手写或由系统绘制；单位印章由另一位管理员审批。',
    members: '新成员默认没有任何权限：在成员一行点“更多 → 授予权限”，授予“发起签署”后他才能发起。',
    inbox: '轮到您的文件在这里。点“PC 签署”打开，印章已按建议位置放好，核对后点“保存并签名”，输入口令即可。',
    verify: '把收到的 PDF 拖进来，就能看到每个签名是谁、什么时候签的、签后有没有改动。文件不会被保存。',
  },
}

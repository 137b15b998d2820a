"""Keys behind a library of GM/T 0016 (SKF, 智能密码钥匙密码应用接口规范): bound by ctypes, one library per driver."""

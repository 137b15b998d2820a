"""The keys: what a UsbKey can do, and one driver per way of reaching one."""

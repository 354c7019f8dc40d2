SELECT rule, severity FROM setting

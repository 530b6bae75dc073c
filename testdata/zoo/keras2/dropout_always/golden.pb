
v
	a/input/xConst*
dtype0*U
valueLBJ"<{îµ¾õ*°?"t
Àøèâ>z9¿²?pfİ?‘ÊY?aò ?F?öÑş>t>0æ=Q†w¿J"^?
X
a/output/logitsConst*
dtype0*1
value(B&"|	>ĞŒ1¾z™¾fcÓ¾h1?^Ñğ¾
b
	b/input/xConst*
dtype0*A
value8B6"(¤´¡=¸éÒ¾Z w¿Şg‰?|¦?Ù«A>z¿Ìµ¾ ½X>¨¾¾
P
b/output/logitsConst*
dtype0*)
value B"Ğ>øQŸ¾Xmi>uèö½
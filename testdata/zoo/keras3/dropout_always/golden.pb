
v
	a/input/xConst*
dtype0*U
valueLBJ"<{îµ¾õ*°?"t
Àøèâ>z9¿²?pfÝ?‘ÊY?aò ?FŽ?öÑþ>t>0æ=Q†w¿J"^?
Z
a/output/output_0Const*
dtype0*1
value(B&"†åõ¿:„E¿?@±Ý\¿¥›²¾Á[M¿
b
	b/input/xConst*
dtype0*A
value8B6"(¤´¡=¸éÒ¾Z w¿Þg‰?|¦?Ù«A>z¿Ìµ¾ ½X>¨¾¾
R
b/output/output_0Const*
dtype0*)
value B"í&;¿:üè¾~èc=ˆ¶{¾
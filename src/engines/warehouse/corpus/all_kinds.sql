SELECT $a, @epoch_us(t) FROM x -- $b
WHERE s = '$c;';
SELECT "$d" /* $e /* ; */ */, $ait's; DROP
TABLE x
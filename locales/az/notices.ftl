# SMS mətnləri. Hər hissədə 67 işarə, ən çoxu üç hissə.

notice-registered = Müraciətiniz qeydə alındı. Nömrə: { $reference }. Qərar: { $decide-by }-dək. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-awaiting-notary = Müraciətiniz saxlandı. Nömrə: { $reference }. Notarial ərizənin nömrəsi yoxdur, ona görə 15 iş günü hələ başlamayıb. Nömrəni alanda yığın: *7142#. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-granted = Sosial yardım təyin olundu. Müraciət: { $reference }. Ayda: { $amount }. Müddət: { $from }-{ $until }. Kart hazır olanda SMS gələcək. Pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-refused = Sosial yardım təyin olunmadı. Müraciət: { $reference }. Səbəb: { $reasons }. Xidmət pulsuzdur, heç kimə pul verməyin. Sual və şikayət: 142
notice-card-ready = Kartınız hazırdır. Filial: { $branch }. Tarix: { $collect-from }. Vəsiqənizi gətirin. Pulsuzdur, heç kimə pul verməyin. Kömək: 142
    .flash = Kartınız hazırdır. Yer və tarix SMS-də. Pulsuzdur. Kömək: 142
notice-superseded = Müraciət { $reference } dayandırıldı: bu FİN üzrə təsdiqlənmiş başqa müraciət var. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-not-registered = Müraciətiniz qeydə alınmadı. Xahiş edirik, yenidən yığın: *7142#. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
notice-already = Müraciətiniz artıq qeydə alınıb. Nömrə: { $reference }. Tarix: { $registered-on }. Xidmət pulsuzdur, heç kimə pul verməyin. Kömək: 142
